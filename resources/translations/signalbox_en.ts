<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>AlarmList</name>
    <message numerus="yes">
        <source>Show %n newer alarm(s)</source>
        <translation>
            <numerusform>Show %n newer alarm</numerusform>
            <numerusform>Show %n newer alarms</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>CameraTile</name>
    <message numerus="yes">
        <source>{0} objects</source>
        <translation>
            <numerusform>{0} object</numerusform>
            <numerusform>{0} objects</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DeadLetterDialog</name>
    <message numerus="yes">
        <source>%n message(s) could not be processed and were put aside. Mend the cause, then select them and send them back.</source>
        <translation>
            <numerusform>%n message could not be processed and was put aside. Mend the cause, then select it and send it back.</numerusform>
            <numerusform>%n messages could not be processed and were put aside. Mend the cause, then select them and send them back.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Send %n message(s) back to where they came from?</source>
        <translation>
            <numerusform>Send %n message back to where it came from?</numerusform>
            <numerusform>Send %n messages back to where they came from?</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FindingList</name>
    <message numerus="yes">
        <source>%n error(s)</source>
        <translation>
            <numerusform>%n error</numerusform>
            <numerusform>%n errors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n warning(s)</source>
        <translation>
            <numerusform>%n warning</numerusform>
            <numerusform>%n warnings</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n piece(s) of advice</source>
        <translation>
            <numerusform>%n piece of advice</numerusform>
            <numerusform>%n pieces of advice</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>KafkaPage</name>
    <message numerus="yes">
        <source>%n error(s): no worker would start. Mend them, then apply.</source>
        <translation>
            <numerusform>%n error: no worker would start. Mend it, then apply.</numerusform>
            <numerusform>%n errors: no worker would start. Mend them, then apply.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LogPane</name>
    <message numerus="yes">
        <source>%n line(s) copied</source>
        <translation>
            <numerusform>%n line copied</numerusform>
            <numerusform>%n lines copied</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LogTail</name>
    <message numerus="yes">
        <source>{0} minutes ago</source>
        <translation>
            <numerusform>{0} minute ago</numerusform>
            <numerusform>{0} minutes ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} lines saved to {1}</source>
        <translation>
            <numerusform>{0} line saved to {1}</numerusform>
            <numerusform>{0} lines saved to {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} lines</source>
        <translation>
            <numerusform>{0} line</numerusform>
            <numerusform>{0} lines</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message numerus="yes">
        <source>%n new alarms</source>
        <translation>
            <numerusform>%n new alarm</numerusform>
            <numerusform>%n new alarms</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>UnwrittenAlarms</name>
    <message numerus="yes">
        <source>%n alarm(s) are not saved yet. {0}</source>
        <translation>
            <numerusform>%n alarm is not saved yet. {0}</numerusform>
            <numerusform>%n alarms are not saved yet. {0}</numerusform>
        </translation>
    </message>
</context>
</TS>

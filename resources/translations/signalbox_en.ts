<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>AlarmList</name>
    <message numerus="yes">
        <source>Show %Ln newer alarm(s)</source>
        <translation>
            <numerusform>Show %Ln newer alarm</numerusform>
            <numerusform>Show %Ln newer alarms</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>AlarmsPage</name>
    <message numerus="yes">
        <source>Show %Ln newer alarm(s)</source>
        <translation>
            <numerusform>Show %Ln newer alarm</numerusform>
            <numerusform>Show %Ln newer alarms</numerusform>
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
    <name>CamerasPage</name>
    <message numerus="yes">
        <source>{0} cameras were added, {1} changed.</source>
        <translation>
            <numerusform>{0} camera was added, {1} changed.</numerusform>
            <numerusform>{0} cameras were added, {1} changed.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln camera(s) were added.</source>
        <translation>
            <numerusform>%Ln camera was added.</numerusform>
            <numerusform>%Ln cameras were added.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Counted</name>
    <message numerus="yes">
        <source>{0} tokens</source>
        <translation>
            <numerusform>{0} token</numerusform>
            <numerusform>{0} tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} retries</source>
        <translation>
            <numerusform>{0} retry</numerusform>
            <numerusform>{0} retries</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} requests</source>
        <translation>
            <numerusform>{0} request</numerusform>
            <numerusform>{0} requests</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} messages unread</source>
        <translation>
            <numerusform>{0} message unread</numerusform>
            <numerusform>{0} messages unread</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DeadLetterDialog</name>
    <message numerus="yes">
        <source>%Ln message(s) could not be processed and were put aside. Mend the cause, then select them and send them back.</source>
        <translation>
            <numerusform>%Ln message could not be processed and was put aside. Mend the cause, then select it and send it back.</numerusform>
            <numerusform>%Ln messages could not be processed and were put aside. Mend the cause, then select them and send them back.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Send %Ln message(s) back to where they came from?</source>
        <translation>
            <numerusform>Send %Ln message back to where it came from?</numerusform>
            <numerusform>Send %Ln messages back to where they came from?</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln message(s) sent back.</source>
        <translation>
            <numerusform>%Ln message was sent back.</numerusform>
            <numerusform>%Ln messages were sent back.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FindingList</name>
    <message numerus="yes">
        <source>%Ln error(s)</source>
        <translation>
            <numerusform>%Ln error</numerusform>
            <numerusform>%Ln errors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln warning(s)</source>
        <translation>
            <numerusform>%Ln warning</numerusform>
            <numerusform>%Ln warnings</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln piece(s) of advice</source>
        <translation>
            <numerusform>%Ln piece of advice</numerusform>
            <numerusform>%Ln pieces of advice</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>JavaDialog</name>
    <message numerus="yes">
        <source>{0} properties; different here: {1}, left out: {2}</source>
        <translation>
            <numerusform>{0} property; different here: {1}, left out: {2}</numerusform>
            <numerusform>{0} properties; different here: {1}, left out: {2}</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>KafkaPage</name>
    <message numerus="yes">
        <source>%Ln error(s): no worker would start. Mend them, then apply.</source>
        <translation>
            <numerusform>%Ln error: no worker would start. Mend it, then apply.</numerusform>
            <numerusform>%Ln errors: no worker would start. Mend them, then apply.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LogPane</name>
    <message numerus="yes">
        <source>%Ln line(s) copied</source>
        <translation>
            <numerusform>%Ln line copied</numerusform>
            <numerusform>%Ln lines copied</numerusform>
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
    <name>ReplayDialog</name>
    <message numerus="yes">
        <source>Up to {0} requests with pictures go to {1} at {2}. That may cost money.</source>
        <translation>
            <numerusform>Up to {0} request with a picture goes to {1} at {2}. That may cost money.</numerusform>
            <numerusform>Up to {0} requests with pictures go to {1} at {2}. That may cost money.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SeveralCameras</name>
    <message numerus="yes">
        <source>Add %Ln camera(s)?</source>
        <translation>
            <numerusform>Add %Ln camera?</numerusform>
            <numerusform>Add %Ln cameras?</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TimelineView</name>
    <message numerus="yes">
        <source>{0} events</source>
        <translation>
            <numerusform>{0} event</numerusform>
            <numerusform>{0} events</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message numerus="yes">
        <source>%Ln new alarms</source>
        <translation>
            <numerusform>%Ln new alarm</numerusform>
            <numerusform>%Ln new alarms</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>UnwrittenAlarms</name>
    <message numerus="yes">
        <source>{0} alarms are not saved yet; the newest {1} of them are listed. {2}</source>
        <translation>
            <numerusform>{0} alarm is not saved yet; listed of them: {1}. {2}</numerusform>
            <numerusform>{0} alarms are not saved yet; the newest {1} of them are listed. {2}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln alarm(s) are not saved yet. {0}</source>
        <translation>
            <numerusform>%Ln alarm is not saved yet. {0}</numerusform>
            <numerusform>%Ln alarms are not saved yet. {0}</numerusform>
        </translation>
    </message>
</context>
</TS>

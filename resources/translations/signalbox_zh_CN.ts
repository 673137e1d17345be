<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About Signalbox</source>
        <translation>关于 Signalbox</translation>
    </message>
    <message>
        <source>Reading what is installed…</source>
        <translation>正在读取已安装的组件…</translation>
    </message>
    <message>
        <source>Package</source>
        <translation>组件</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>版本</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>许可证</translation>
    </message>
    <message>
        <source>Packages and their licences</source>
        <translation>组件及其许可证</translation>
    </message>
    <message>
        <source>Copy all</source>
        <translation>全部复制</translation>
    </message>
    <message>
        <source>These packages are installed for Signalbox; each names its own licence.</source>
        <translation>Signalbox 使用这些已安装的组件；许可证由各组件自行声明。</translation>
    </message>
    <message>
        <source>The packages cannot be read: {0}</source>
        <translation>无法读取组件：{0}</translation>
    </message>
</context>
<context>
    <name>Alarm</name>
    <message>
        <source>New</source>
        <translation>新</translation>
    </message>
    <message>
        <source>Acknowledged</source>
        <translation>已确认</translation>
    </message>
    <message>
        <source>False alarm</source>
        <translation>误报</translation>
    </message>
    <message>
        <source>group {0}</source>
        <translation>目标组 {0}</translation>
    </message>
    <message>
        <source>Offline rules</source>
        <translation>离线规则</translation>
    </message>
    <message>
        <source>Language model</source>
        <translation>大模型</translation>
    </message>
    <message>
        <source>Not saved yet</source>
        <translation>尚未保存</translation>
    </message>
</context>
<context>
    <name>AlarmCard</name>
    <message>
        <source>Acknowledge</source>
        <translation>确认</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
</context>
<context>
    <name>AlarmDesk</name>
    <message>
        <source>The alarms cannot be read: {0}. See that the disk works and has space.</source>
        <translation>无法读取告警：{0}。请检查磁盘是否正常、是否还有空间。</translation>
    </message>
    <message>
        <source>Cancelled; nothing was saved.</source>
        <translation>已取消，没有保存任何内容。</translation>
    </message>
</context>
<context>
    <name>AlarmDetails</name>
    <message>
        <source>Note (kept with the alarm)</source>
        <translation>备注（随告警保存）</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Acknowledge</source>
        <translation>确认</translation>
    </message>
    <message>
        <source>False alarm</source>
        <translation>标为误报</translation>
    </message>
    <message>
        <source>Save note</source>
        <translation>保存备注</translation>
    </message>
    <message>
        <source>Save the picture</source>
        <translation>保存图片</translation>
    </message>
    <message>
        <source>No alarm chosen</source>
        <translation>未选择告警</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>First seen</source>
        <translation>首次出现</translation>
    </message>
    <message>
        <source>Last seen</source>
        <translation>最近出现</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>目标组</translation>
    </message>
    <message>
        <source>Confidence</source>
        <translation>置信度</translation>
    </message>
    <message>
        <source>Judged by</source>
        <translation>评估方</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>What the assessor said</source>
        <translation>评估器的说明</translation>
    </message>
    <message>
        <source>Loading the picture…</source>
        <translation>正在加载图片…</translation>
    </message>
    <message>
        <source>Nothing.</source>
        <translation>无。</translation>
    </message>
    <message>
        <source>{0} (seen once)</source>
        <translation>{0}（出现 1 次）</translation>
    </message>
    <message>
        <source>{0} (after {1}, seen {2}×)</source>
        <translation>{0}（{1} 后，出现 {2} 次）</translation>
    </message>
    <message>
        <source>Evidence: {0}</source>
        <translation>证据：{0}</translation>
    </message>
    <message>
        <source>Can be acknowledged once it is saved</source>
        <translation>保存后即可确认</translation>
    </message>
    <message>
        <source>How</source>
        <translation>方式</translation>
    </message>
    <message>
        <source>Was asked</source>
        <translation>提问内容</translation>
    </message>
    <message>
        <source>Not kept any more.</source>
        <translation>已不再保留。</translation>
    </message>
    <message>
        <source>Its picture can be seen once the alarm is saved.</source>
        <translation>告警保存后即可查看其图片。</translation>
    </message>
    <message>
        <source>This alarm has no picture, or its file is gone.</source>
        <translation>这条告警没有图片，或图片文件已不存在。</translation>
    </message>
    <message>
        <source>Mark as new</source>
        <translation>恢复为新告警</translation>
    </message>
    <message>
        <source>Its picture and what was said about it are shown here.</source>
        <translation>这里显示其图片和评估说明。</translation>
    </message>
</context>
<context>
    <name>AlarmExporter</name>
    <message>
        <source>Table of this list (CSV)…</source>
        <translation>此列表的表格（CSV）…</translation>
    </message>
    <message>
        <source>Everything of this list (JSON Lines)…</source>
        <translation>此列表的全部内容（JSON Lines）…</translation>
    </message>
    <message>
        <source>Table and pictures into a folder…</source>
        <translation>表格和图片存入文件夹…</translation>
    </message>
    <message>
        <source>Export the list</source>
        <translation>导出列表</translation>
    </message>
    <message>
        <source>Table (*.csv)</source>
        <translation>表格 (*.csv)</translation>
    </message>
    <message>
        <source>Choose a folder for the table and the pictures</source>
        <translation>选择存放表格和图片的文件夹</translation>
    </message>
    <message>
        <source>JSON Lines (*.jsonl)</source>
        <translation>JSON Lines (*.jsonl)</translation>
    </message>
    <message>
        <source>Saving alarms…</source>
        <translation>正在保存告警…</translation>
    </message>
    <message>
        <source>Save the picture</source>
        <translation>保存图片</translation>
    </message>
    <message>
        <source>JPEG picture (*.jpg)</source>
        <translation>JPEG 图片 (*.jpg)</translation>
    </message>
    <message>
        <source>Picture saved: {0}</source>
        <translation>图片已保存：{0}</translation>
    </message>
    <message>
        <source>Alarms saved: {0}, to {1}</source>
        <translation>已保存告警：{0} 个，位于 {1}</translation>
    </message>
    <message>
        <source>Nothing was saved: {0}. Choose a folder you may write to.</source>
        <translation>没有保存：{0}。请选择可以写入的文件夹。</translation>
    </message>
</context>
<context>
    <name>AlarmFilterBar</name>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Level</source>
        <translation>级别</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Search descriptions and notes (Ctrl+F)</source>
        <translation>搜索说明和备注（Ctrl+F）</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>显示全部</translation>
    </message>
    <message>
        <source>all levels</source>
        <translation>所有级别</translation>
    </message>
    <message>
        <source>level ≥ {0}</source>
        <translation>级别 ≥ {0}</translation>
    </message>
    <message>
        <source>all times</source>
        <translation>所有时间</translation>
    </message>
    <message>
        <source>last hour</source>
        <translation>最近 1 小时</translation>
    </message>
    <message>
        <source>today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>last 24 hours</source>
        <translation>最近 24 小时</translation>
    </message>
    <message>
        <source>last 7 days</source>
        <translation>最近 7 天</translation>
    </message>
    <message>
        <source>all states</source>
        <translation>所有状态</translation>
    </message>
    <message>
        <source>all cameras</source>
        <translation>所有摄像头</translation>
    </message>
    <message>
        <source>Search (Ctrl+F)</source>
        <translation>搜索（Ctrl+F）</translation>
    </message>
</context>
<context>
    <name>AlarmList</name>
    <message>
        <source>Alarms</source>
        <translation>告警</translation>
    </message>
    <message>
        <source>No alarms</source>
        <translation>没有告警</translation>
    </message>
    <message>
        <source>What the assessor finds risky is listed here, with its picture.</source>
        <translation>评估器认为有风险的情况会连同图片列在这里。</translation>
    </message>
    <message>
        <source>None can come at present. {0}</source>
        <translation>目前不会有新告警。{0}</translation>
    </message>
    <message numerus="yes">
        <source>Show %Ln newer alarm(s)</source>
        <translation>
            <numerusform>显示 %Ln 条较新的告警</numerusform>
        </translation>
    </message>
    <message>
        <source>All alarms</source>
        <translation>全部告警</translation>
    </message>
    <message>
        <source>{0} today · {1} new</source>
        <translation>今天 {0} 条 · 新 {1} 条</translation>
    </message>
    <message>
        <source>Acknowledged: {0}</source>
        <translation>已确认：{0}</translation>
    </message>
</context>
<context>
    <name>AlarmTable</name>
    <message>
        <source>Level</source>
        <translation>级别</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Risk</source>
        <translation>风险</translation>
    </message>
    <message>
        <source>Confidence</source>
        <translation>置信度</translation>
    </message>
    <message>
        <source>Seen</source>
        <translation>次数</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Alarms</source>
        <translation>告警</translation>
    </message>
</context>
<context>
    <name>AlarmsPage</name>
    <message>
        <source>Show all alarms</source>
        <translation>显示全部告警</translation>
    </message>
    <message>
        <source>No alarms yet</source>
        <translation>还没有告警</translation>
    </message>
    <message>
        <source>When the assessor finds a risk at or above the alarm level, it is listed here. All workers must run for that; the alarm level is in the settings.</source>
        <translation>评估器发现的风险达到或超过告警级别时，会列在这里。这需要全部处理单元都在运行；告警级别可在设置中修改。</translation>
    </message>
    <message>
        <source>Nothing matches</source>
        <translation>没有匹配项</translation>
    </message>
    <message>
        <source>No alarm is as the filter above wants it.</source>
        <translation>没有符合上方筛选条件的告警。</translation>
    </message>
    <message>
        <source>None can come at present. {0}</source>
        <translation>目前不会有新告警。{0}</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Alarms</source>
        <translation>告警</translation>
    </message>
    <message>
        <source>{0} today · {1} new</source>
        <translation>今天 {0} 条 · 新 {1} 条</translation>
    </message>
    <message>
        <source> · the newest {0} are listed</source>
        <translation> · 列出最新 {0} 条</translation>
    </message>
    <message>
        <source> · {0} listed</source>
        <translation> · 列出 {0} 条</translation>
    </message>
    <message>
        <source>{0}: {1}</source>
        <translation>{0}：{1}</translation>
    </message>
    <message>
        <source>Assess again…</source>
        <translation>重新评估…</translation>
    </message>
    <message>
        <source>Have this list judged by other thresholds, another prompt or model</source>
        <translation>用其他阈值、提示词或模型评估此列表</translation>
    </message>
    <message>
        <source>Maintenance…</source>
        <translation>维护…</translation>
    </message>
    <message>
        <source>Times in which no alarms are raised</source>
        <translation>不发出告警的时间</translation>
    </message>
    <message>
        <source>Daily counts…</source>
        <translation>每日统计…</translation>
    </message>
    <message>
        <source>Alarms, lines and zones of the last seven days</source>
        <translation>最近七天的告警、计数线和计数区</translation>
    </message>
    <message numerus="yes">
        <source>Show %Ln newer alarm(s)</source>
        <translation>
            <numerusform>显示 %Ln 条较新的告警</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>AreaCanvas</name>
    <message>
        <source>Picture of the camera with its areas</source>
        <translation>摄像头画面及其区域</translation>
    </message>
    <message>
        <source>Arrow keys move what is chosen, with Shift finely; Space goes from point to point, Insert adds one, Delete removes it. While drawing: arrows move the cross, Space sets a point, Enter finishes, Escape gives up.</source>
        <translation>方向键移动所选内容，按住 Shift 微调；空格逐点切换，Insert 增加一点，Delete 删除。绘制时：方向键移动十字，空格落点，回车完成，Esc 放弃。</translation>
    </message>
</context>
<context>
    <name>AreaDialog</name>
    <message>
        <source>Zones of {0}</source>
        <translation>{0} 的区域</translation>
    </message>
    <message>
        <source>Areas and lines</source>
        <translation>区域和计数线</translation>
    </message>
    <message>
        <source>Turn the direction</source>
        <translation>反转方向</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>New picture</source>
        <translation>换一幅画面</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>检测区域</translation>
    </message>
    <message>
        <source>Excluded zone</source>
        <translation>排除区</translation>
    </message>
    <message>
        <source>Counting zone</source>
        <translation>计数区</translation>
    </message>
    <message>
        <source>Counting line</source>
        <translation>计数线</translation>
    </message>
    <message>
        <source>Ground rectangle</source>
        <translation>地面矩形</translation>
    </message>
    <message>
        <source>Only what stands inside is looked at</source>
        <translation>只检测位于其中的目标</translation>
    </message>
    <message>
        <source>What stands inside is left out</source>
        <translation>忽略位于其中的目标</translation>
    </message>
    <message>
        <source>What stands inside is counted</source>
        <translation>统计位于其中的目标</translation>
    </message>
    <message>
        <source>What crosses it is counted, by direction</source>
        <translation>按方向统计越线的目标</translation>
    </message>
    <message>
        <source>Four corners of a rectangle on the road, of known size: far left, far right, near right, near left. Speeds are then in metres.</source>
        <translation>路面上已知尺寸的矩形的四角：左远、右远、右近、左近。此后速度以米计。</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Across</source>
        <translation>宽</translation>
    </message>
    <message>
        <source>Along</source>
        <translation>长</translation>
    </message>
    <message>
        <source>Undo (Ctrl+Z)</source>
        <translation>撤销（Ctrl+Z）</translation>
    </message>
    <message>
        <source>The chosen point or shape (Del)</source>
        <translation>删除所选的点或图形（Del）</translation>
    </message>
    <message>
        <source>Choose what to draw above, or click a shape to change it.</source>
        <translation>在上方选择要画的内容，或点击图形进行修改。</translation>
    </message>
    <message>
        <source>Drag points or the whole shape; double-click an edge for one more point. Keys: arrows, Space, Insert, Delete.</source>
        <translation>拖动点或整个图形；双击边线可增加一点。按键：方向键、空格、Insert、Delete。</translation>
    </message>
    <message>
        <source>Click where the line begins and where it ends; Esc gives up.</source>
        <translation>点击线的起点和终点；Esc 放弃。</translation>
    </message>
    <message>
        <source>Click far left, far right, near right, near left; Esc gives up.</source>
        <translation>依次点击左远、右远、右近、左近；Esc 放弃。</translation>
    </message>
    <message>
        <source>Click the corners one after another; Enter or the first corner finishes.</source>
        <translation>依次点击各角；按回车或点击第一个角完成。</translation>
    </message>
    <message>
        <source>No picture to draw on: {0}</source>
        <translation>没有可供绘制的画面：{0}</translation>
    </message>
</context>
<context>
    <name>Asked</name>
    <message>
        <source>Not stored with this alarm.</source>
        <translation>没有随此告警存储。</translation>
    </message>
    <message>
        <source>The picture, and {0}.</source>
        <translation>图片，以及 {0}。</translation>
    </message>
    <message>
        <source>Nearest pair: {0} person heights apart, closing at {1} a second.</source>
        <translation>最近的一对：相距 {0} 个人身高，每秒接近 {1} 个。</translation>
    </message>
    <message>
        <source>prompt {0}</source>
        <translation>提示词 {0}</translation>
    </message>
    <message>
        <source>rules in its place: {0}</source>
        <translation>由规则代替：{0}</translation>
    </message>
    <message>
        <source>Nearest pair: {0} person heights apart, parting at {1} a second.</source>
        <translation>最近的一对：相距 {0} 个人身高，每秒远离 {1} 个。</translation>
    </message>
</context>
<context>
    <name>AssessorStep</name>
    <message>
        <source>Who judges what was seen?</source>
        <translation>由谁评估看到的情况？</translation>
    </message>
    <message>
        <source>The verdicts become alarms.</source>
        <translation>结论会成为告警。</translation>
    </message>
    <message>
        <source>Offline rules</source>
        <translation>离线规则</translation>
    </message>
    <message>
        <source>Distance, speed and crowding; nothing leaves this machine.</source>
        <translation>依据距离、速度和拥挤程度；数据不会离开本机。</translation>
    </message>
    <message>
        <source>A language model that sees pictures</source>
        <translation>能看图片的大模型</translation>
    </message>
    <message>
        <source>Any OpenAI-compatible address, also on this machine. Pictures of groups are sent there; more keys and limits are in Settings.</source>
        <translation>任何兼容 OpenAI 的地址，也可以在本机。目标组图片会发送到那里；更多密钥和限额在“设置”中。</translation>
    </message>
    <message>
        <source>Kept in this system&apos;s credential store, never in a file; empty for none</source>
        <translation>保存在本系统的凭据库中，绝不写入文件；没有则留空</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>API key</source>
        <translation>API 密钥</translation>
    </message>
    <message>
        <source>Type address and model first.</source>
        <translation>请先输入地址和模型。</translation>
    </message>
</context>
<context>
    <name>Broker</name>
    <message>
        <source>The broker could not be opened.</source>
        <translation>无法打开 Broker。</translation>
    </message>
    <message>
        <source>The embedded broker does not answer.</source>
        <translation>内置 Broker 没有响应。</translation>
    </message>
    <message>
        <source>If this lasts, end Signalbox and start it again.</source>
        <translation>如果一直如此，请退出 Signalbox 后重新启动。</translation>
    </message>
    <message>
        <source>The broker at {0} does not answer.</source>
        <translation>{0} 的 Broker 没有响应。</translation>
    </message>
    <message>
        <source>See whether it runs and its address is right; “Test connection…” on the Kafka page tells which step fails.</source>
        <translation>请检查它是否在运行、地址是否正确；Kafka 页面上的“测试连接…”会指出是哪一步失败。</translation>
    </message>
</context>
<context>
    <name>BrokerStep</name>
    <message>
        <source>Which Kafka carries the work?</source>
        <translation>使用哪个 Kafka 传递工作？</translation>
    </message>
    <message>
        <source>The workers hand their results on through it.</source>
        <translation>处理单元通过它传递结果。</translation>
    </message>
    <message>
        <source>The one inside Signalbox</source>
        <translation>Signalbox 内置的</translation>
    </message>
    <message>
        <source>Nothing to set up; it forgets everything when the program ends.</source>
        <translation>无需设置；程序结束后不保留任何内容。</translation>
    </message>
    <message>
        <source>A Kafka cluster</source>
        <translation>Kafka 集群</translation>
    </message>
    <message>
        <source>Kafka 2.8 or newer. Logins and certificates are set on the Kafka page.</source>
        <translation>Kafka 2.8 或更高版本。登录和证书在“Kafka”页设置。</translation>
    </message>
    <message>
        <source>Bootstrap servers</source>
        <translation>引导服务器</translation>
    </message>
    <message>
        <source>Test connection…</source>
        <translation>测试连接…</translation>
    </message>
    <message>
        <source>Type the servers first, such as kafka-1:9092.</source>
        <translation>请先输入服务器，例如 kafka-1:9092。</translation>
    </message>
    <message>
        <source>These are no server names with ports, such as kafka-1:9092.</source>
        <translation>这不是带端口的服务器名，例如 kafka-1:9092。</translation>
    </message>
</context>
<context>
    <name>Camera</name>
    <message>
        <source>Live</source>
        <translation>正常</translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation>正在连接…</translation>
    </message>
    <message>
        <source>No new pictures</source>
        <translation>没有新画面</translation>
    </message>
    <message>
        <source>Reconnecting…</source>
        <translation>正在重新连接…</translation>
    </message>
    <message>
        <source>No picture</source>
        <translation>无画面</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Switched off</source>
        <translation>已停用</translation>
    </message>
    <message>
        <source>File not found</source>
        <translation>找不到文件</translation>
    </message>
    <message>
        <source>Waiting for the broker</source>
        <translation>正在等待 Broker</translation>
    </message>
    <message>
        <source>The detection failed</source>
        <translation>检测失败</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>正在启动…</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Start the detection worker (F5) to see pictures.</source>
        <translation>启动检测处理单元（F5）后即可看到画面。</translation>
    </message>
    <message>
        <source>since {0} ({1})</source>
        <translation>自 {0} 起（{1}）</translation>
    </message>
    <message>
        <source>next try in {0} s</source>
        <translation>{0} 秒后重试</translation>
    </message>
    <message>
        <source>trying now…</source>
        <translation>正在重试…</translation>
    </message>
    <message>
        <source>{0} s old</source>
        <translation>{0} 秒前的画面</translation>
    </message>
    <message>
        <source>{0} old</source>
        <translation>{0} 前的画面</translation>
    </message>
    <message>
        <source>detection off until {0}</source>
        <translation>检测关闭至 {0}</translation>
    </message>
</context>
<context>
    <name>CameraDialog</name>
    <message>
        <source>Add a camera</source>
        <translation>添加摄像头</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Read this camera</source>
        <translation>读取此摄像头</translation>
    </message>
    <message>
        <source>Start again at the end of a file</source>
        <translation>文件播放完后从头开始</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Id</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>Start at (s)</source>
        <translation>起始位置（秒）</translation>
    </message>
    <message>
        <source>Detections per second</source>
        <translation>每秒检测次数</translation>
    </message>
    <message>
        <source>Assess again after (s)</source>
        <translation>再次评估间隔（秒）</translation>
    </message>
    <message>
        <source>Name shown to people.</source>
        <translation>界面上显示的名称。</translation>
    </message>
    <message>
        <source>Short name in messages; also the Kafka key.</source>
        <translation>消息中的短名称，同时用作 Kafka 消息键。</translation>
    </message>
    <message>
        <source>Files: where to start, seconds.</source>
        <translation>文件：从第几秒开始。</translation>
    </message>
    <message>
        <source>Highest detection rate of this camera.</source>
        <translation>此摄像头每秒最多检测的次数。</translation>
    </message>
    <message>
        <source>A group that does not change is assessed again after this time.</source>
        <translation>没有变化的目标组经过此时间后再次评估。</translation>
    </message>
    <message>
        <source>Choose</source>
        <translation>选择</translation>
    </message>
    <message>
        <source>Video file…</source>
        <translation>视频文件…</translation>
    </message>
    <message>
        <source>Folder of pictures…</source>
        <translation>图片文件夹…</translation>
    </message>
    <message>
        <source>Demo clip</source>
        <translation>演示片段</translation>
    </message>
    <message>
        <source>Another camera has this id.</source>
        <translation>已有其他摄像头使用此编号。</translation>
    </message>
    <message>
        <source>Choose a video file</source>
        <translation>选择视频文件</translation>
    </message>
    <message>
        <source>Videos (*.mp4 *.mkv *.avi *.mov *.webm *.ts *.m4v *.mpg *.mpeg *.wmv)</source>
        <translation>视频 (*.mp4 *.mkv *.avi *.mov *.webm *.ts *.m4v *.mpg *.mpeg *.wmv)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
    <message>
        <source>Choose a folder of pictures</source>
        <translation>选择图片文件夹</translation>
    </message>
    <message>
        <source>Play a file at its own speed</source>
        <translation>按文件自身速度播放</translation>
    </message>
    <message>
        <source>Off: as fast as detection takes it, without leaving out a picture that is due</source>
        <translation>关闭后：以检测所能达到的最快速度播放，不遗漏应检测的画面</translation>
    </message>
    <message>
        <source>File, folder of pictures, rtsp://, http:// address, the USB index, or usb: and part of its name. “demo” is the clip that ships with Signalbox.</source>
        <translation>文件、图片文件夹、rtsp:// 或 http:// 地址、USB 序号，或“usb:”加设备名称的一部分。“demo”是 Signalbox 自带的演示片段。</translation>
    </message>
    <message>
        <source>USB camera</source>
        <translation>USB 摄像头</translation>
    </message>
    <message>
        <source>USB camera {0}</source>
        <translation>USB 摄像头 {0}</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>正在查找…</translation>
    </message>
    <message>
        <source>None was found</source>
        <translation>未找到</translation>
    </message>
    <message>
        <source>The first one</source>
        <translation>第一个</translation>
    </message>
</context>
<context>
    <name>CameraImport</name>
    <message>
        <source>Import cameras</source>
        <translation>导入摄像头</translation>
    </message>
    <message>
        <source>An example of such a file</source>
        <translation>此类文件的示例</translation>
    </message>
    <message>
        <source>Choose a file…</source>
        <translation>选择文件…</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>Line</source>
        <translation>行</translation>
    </message>
    <message>
        <source>What happens</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Why not</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Lines of the file</source>
        <translation>文件各行</translation>
    </message>
    <message>
        <source>Choose a list of cameras</source>
        <translation>选择摄像头列表</translation>
    </message>
    <message>
        <source>Lists (*.csv *.txt *.tsv)</source>
        <translation>列表 (*.csv *.txt *.tsv)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
    <message>
        <source>Stays as it is</source>
        <translation>保持不变</translation>
    </message>
    <message>
        <source>{0}: {1} to add, {2} to change, {3} left out.</source>
        <translation>{0}：添加 {1} 个，修改 {2} 个，不导入 {3} 个。</translation>
    </message>
    <message>
        <source>Mend the lines in the file and choose it again, or go on.</source>
        <translation>可修正文件中的行后重新选择，或直接继续。</translation>
    </message>
    <message>
        <source>this file is too large for a list of cameras</source>
        <translation>此文件太大，不像是摄像头列表</translation>
    </message>
    <message>
        <source>Choose a CSV file whose first line names the columns. Cameras with an id that is there already are changed, the others are added; zones and schedules stay. For example:</source>
        <translation>请选择首行为列名的 CSV 文件。编号已存在的摄像头会被修改，其余会被添加；区域和时间表保持不变。示例：</translation>
    </message>
    <message>
        <source>Will be added</source>
        <translation>将添加</translation>
    </message>
    <message>
        <source>Will be changed</source>
        <translation>将修改</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>不导入</translation>
    </message>
</context>
<context>
    <name>CameraTest</name>
    <message>
        <source>Test</source>
        <translation>测试</translation>
    </message>
    <message>
        <source>Open the source and show its first picture</source>
        <translation>打开来源并显示第一帧画面</translation>
    </message>
    <message>
        <source>Opening…</source>
        <translation>正在打开…</translation>
    </message>
    <message>
        <source>Test again</source>
        <translation>再次测试</translation>
    </message>
    <message>
        <source>First picture of the source</source>
        <translation>来源的第一帧画面</translation>
    </message>
    <message>
        <source>rate unknown</source>
        <translation>帧率未知</translation>
    </message>
    <message>
        <source>{0} × {1}, {2}; first picture after {3}.</source>
        <translation>{0} × {1}，{2}；{3} 后得到第一帧画面。</translation>
    </message>
    <message>
        <source>No picture</source>
        <translation>无画面</translation>
    </message>
    <message>
        <source>If the sender changes the size of its pictures, they are squeezed until it is opened again.</source>
        <translation>如果发送方改变画面尺寸，在重新打开之前，画面会变形。</translation>
    </message>
    <message>
        <source>{0} fps</source>
        <translation>{0} 帧/秒</translation>
    </message>
    <message>
        <source>Test the source to see its picture.</source>
        <translation>测试来源后，画面会显示在这里。</translation>
    </message>
</context>
<context>
    <name>CameraTile</name>
    <message>
        <source>Camera {0}: {1}</source>
        <translation>摄像头 {0}：{1}</translation>
    </message>
    <message>
        <source>group {0} · {1} {2}</source>
        <translation>目标组 {0} · {1} {2}</translation>
    </message>
    <message>
        <source>{0} fps</source>
        <translation>{0} 帧/秒</translation>
    </message>
    <message>
        <source>Waiting for the first picture</source>
        <translation>正在等待第一帧画面</translation>
    </message>
    <message numerus="yes">
        <source>{0} objects</source>
        <translation>
            <numerusform>{0} 个目标</numerusform>
        </translation>
    </message>
    <message>
        <source>This camera alone, or all</source>
        <translation>仅显示此摄像头，或显示全部</translation>
    </message>
    <message>
        <source>Edit the camera…</source>
        <translation>编辑摄像头…</translation>
    </message>
</context>
<context>
    <name>CameraWall</name>
    <message>
        <source>No camera yet</source>
        <translation>还没有摄像头</translation>
    </message>
    <message>
        <source>Add a camera, a video file or the address of a stream to see it here.</source>
        <translation>添加摄像头、视频文件或视频流地址后，画面会显示在这里。</translation>
    </message>
    <message>
        <source>Add a camera</source>
        <translation>添加摄像头</translation>
    </message>
    <message>
        <source>Boxes</source>
        <translation>检测框</translation>
    </message>
    <message>
        <source>Boxes round objects</source>
        <translation>在目标周围显示检测框</translation>
    </message>
    <message>
        <source>Tracks</source>
        <translation>跟踪</translation>
    </message>
    <message>
        <source>Track numbers of objects</source>
        <translation>显示目标的跟踪编号</translation>
    </message>
    <message>
        <source>Groups</source>
        <translation>目标组</translation>
    </message>
    <message>
        <source>Groups and their risk</source>
        <translation>显示目标组及其风险</translation>
    </message>
    <message>
        <source>Fill</source>
        <translation>填满</translation>
    </message>
    <message>
        <source>Fill the tiles, cutting off edges of pictures</source>
        <translation>画面填满窗格，边缘会被裁去</translation>
    </message>
    <message>
        <source>Save a picture of the chosen camera, or of all (Ctrl+S)</source>
        <translation>保存所选摄像头或全部摄像头的画面（Ctrl+S）</translation>
    </message>
    <message>
        <source>Save pictures</source>
        <translation>保存画面</translation>
    </message>
    <message>
        <source>How many cameras to show at once</source>
        <translation>同时显示的摄像头数量</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>Page {0} of {1} (PgUp, PgDn)</source>
        <translation>第 {0} 页，共 {1} 页（PgUp、PgDn）</translation>
    </message>
    <message>
        <source>the picture was not written</source>
        <translation>图片未能写入</translation>
    </message>
    <message>
        <source>Zones</source>
        <translation>区域</translation>
    </message>
    <message>
        <source>Regions, counting lines and zones</source>
        <translation>检测区域、计数线和计数区</translation>
    </message>
</context>
<context>
    <name>CamerasPage</name>
    <message>
        <source>No camera yet</source>
        <translation>还没有摄像头</translation>
    </message>
    <message>
        <source>Add a camera</source>
        <translation>添加摄像头</translation>
    </message>
    <message>
        <source>Add…</source>
        <translation>添加…</translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation>编辑…</translation>
    </message>
    <message>
        <source>Switch off</source>
        <translation>停用</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Id</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>尺寸</translation>
    </message>
    <message>
        <source>Detections/s</source>
        <translation>检测/秒</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>情况</translation>
    </message>
    <message>
        <source>Cameras</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Switch on</source>
        <translation>启用</translation>
    </message>
    <message>
        <source>{0} was changed.</source>
        <translation>已修改 {0}。</translation>
    </message>
    <message>
        <source>{0} was added.</source>
        <translation>已添加 {0}。</translation>
    </message>
    <message>
        <source>{0} was switched on.</source>
        <translation>已启用 {0}。</translation>
    </message>
    <message>
        <source>{0} was switched off.</source>
        <translation>已停用 {0}。</translation>
    </message>
    <message>
        <source>{0} was removed.</source>
        <translation>已移除 {0}。</translation>
    </message>
    <message>
        <source>Undone.</source>
        <translation>已撤销。</translation>
    </message>
    <message>
        <source>Zones…</source>
        <translation>区域…</translation>
    </message>
    <message>
        <source>Fps</source>
        <translation>帧率</translation>
    </message>
    <message>
        <source>List</source>
        <translation>列表</translation>
    </message>
    <message>
        <source>Order of the cameras, lists as files</source>
        <translation>摄像头顺序、列表文件</translation>
    </message>
    <message>
        <source>Move up (Alt+Up)</source>
        <translation>上移（Alt+↑）</translation>
    </message>
    <message>
        <source>Move down (Alt+Down)</source>
        <translation>下移（Alt+↓）</translation>
    </message>
    <message>
        <source>Import from CSV…</source>
        <translation>从 CSV 导入…</translation>
    </message>
    <message>
        <source>Export as CSV…</source>
        <translation>导出为 CSV…</translation>
    </message>
    <message>
        <source>{0} was moved.</source>
        <translation>已移动 {0}。</translation>
    </message>
    <message numerus="yes">
        <source>{0} cameras were added, {1} changed.</source>
        <translation>
            <numerusform>已添加 {0} 个摄像头，修改 {1} 个。</numerusform>
        </translation>
    </message>
    <message>
        <source>Export the list of cameras</source>
        <translation>导出摄像头列表</translation>
    </message>
    <message>
        <source>Lists (*.csv)</source>
        <translation>列表 (*.csv)</translation>
    </message>
    <message>
        <source>The list was written to {0}, without passwords.</source>
        <translation>列表已写入 {0}，不含密码。</translation>
    </message>
    <message>
        <source>The list cannot be written: {0}</source>
        <translation>无法写入列表：{0}</translation>
    </message>
    <message>
        <source>Add a video file, a stream (rtsp://…), a USB camera or a folder of pictures. “demo” is a clip that ships with Signalbox.</source>
        <translation>可添加视频文件、视频流（rtsp://…）、USB 摄像头或图片文件夹。“demo”是 Signalbox 自带的演示片段。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln camera(s) were added.</source>
        <translation>
            <numerusform>已添加 %Ln 台摄像头。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ConnectionDialog</name>
    <message>
        <source>Test connection</source>
        <translation>测试连接</translation>
    </message>
    <message>
        <source>Kafka cluster: {0}</source>
        <translation>Kafka 集群：{0}</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>步骤</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>用时</translation>
    </message>
    <message>
        <source>What was found</source>
        <translation>结果说明</translation>
    </message>
    <message>
        <source>Steps of the connection test</source>
        <translation>连接测试的步骤</translation>
    </message>
    <message>
        <source>Make the missing topics</source>
        <translation>创建缺少的主题</translation>
    </message>
    <message>
        <source>Test again</source>
        <translation>重新测试</translation>
    </message>
    <message>
        <source>Test again (F5)</source>
        <translation>重新测试（F5）</translation>
    </message>
    <message>
        <source>Testing…</source>
        <translation>正在测试…</translation>
    </message>
    <message>
        <source>✓ works</source>
        <translation>✓ 正常</translation>
    </message>
    <message>
        <source>✗ fails</source>
        <translation>✗ 失败</translation>
    </message>
    <message>
        <source>– left out</source>
        <translation>– 已跳过</translation>
    </message>
    <message>
        <source>The cluster answers. Topics that are missing there: {0}.</source>
        <translation>集群有应答。缺少的主题：{0}。</translation>
    </message>
    <message>
        <source>All is well: the cluster can be used.</source>
        <translation>一切正常：集群可以使用。</translation>
    </message>
    <message>
        <source>Making the topics…</source>
        <translation>正在创建主题…</translation>
    </message>
    <message>
        <source>{0} fails: {1}.
{2}</source>
        <translation>{0} 失败：{1}。
{2}</translation>
    </message>
</context>
<context>
    <name>ConnectionForm</name>
    <message>
        <source>Broker</source>
        <translation>Broker</translation>
    </message>
    <message>
        <source>Embedded</source>
        <translation>内置</translation>
    </message>
    <message>
        <source>Kafka cluster</source>
        <translation>Kafka 集群</translation>
    </message>
    <message>
        <source>The embedded broker lives inside this program, in memory: it keeps nothing from one start to the next. It is for trying out; real work needs a cluster.</source>
        <translation>内置 Broker 运行在本程序的内存中：重新启动后什么都不保留。它仅供试用；正式工作需要集群。</translation>
    </message>
    <message>
        <source>Bootstrap servers</source>
        <translation>引导服务器</translation>
    </message>
    <message>
        <source>host:port; two or three of them, so that one may be away.</source>
        <translation>host:port；写两三个，其中一个不在时仍可连接。</translation>
    </message>
    <message>
        <source>Partitions</source>
        <translation>分区数</translation>
    </message>
    <message>
        <source>Of topics that Signalbox makes. Topics that are there keep theirs.</source>
        <translation>用于 Signalbox 创建的主题。已有的主题不变。</translation>
    </message>
    <message>
        <source>Encryption</source>
        <translation>加密</translation>
    </message>
    <message>
        <source>Encrypt the connection (TLS)</source>
        <translation>加密连接（TLS）</translation>
    </message>
    <message>
        <source>Authority (CA)</source>
        <translation>证书颁发机构</translation>
    </message>
    <message>
        <source>File that proves who the brokers are; empty: the system&apos;s own authorities.</source>
        <translation>用来核实 Broker 身份的文件；留空则使用系统自带的颁发机构。</translation>
    </message>
    <message>
        <source>Check that the certificate is the broker&apos;s own</source>
        <translation>核对证书是否属于该 Broker</translation>
    </message>
    <message>
        <source>Host name</source>
        <translation>主机名</translation>
    </message>
    <message>
        <source>Client certificate</source>
        <translation>客户端证书</translation>
    </message>
    <message>
        <source>Only where the brokers want one of each client.</source>
        <translation>仅当 Broker 要求每个客户端提供证书时填写。</translation>
    </message>
    <message>
        <source>Client key</source>
        <translation>客户端密钥</translation>
    </message>
    <message>
        <source>Key password</source>
        <translation>密钥密码</translation>
    </message>
    <message>
        <source>Login</source>
        <translation>登录</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>SASL mechanism</source>
        <translation>SASL 机制</translation>
    </message>
    <message>
        <source>User</source>
        <translation>用户</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>密码</translation>
    </message>
    <message>
        <source>Token endpoint</source>
        <translation>令牌端点</translation>
    </message>
    <message>
        <source>Client id</source>
        <translation>客户端 ID</translation>
    </message>
    <message>
        <source>Client secret</source>
        <translation>客户端密钥</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Choose {0}</source>
        <translation>选择{0}</translation>
    </message>
    <message>
        <source>Kept in the system&apos;s credential store, not in the settings file; or env:NAME.</source>
        <translation>保存在系统的凭据库中，不写入设置文件；也可填 env:名称。</translation>
    </message>
</context>
<context>
    <name>Console</name>
    <message>
        <source>The last run, started {0}, ended abruptly.</source>
        <translation>上次运行（开始于 {0}）异常结束。</translation>
    </message>
    <message>
        <source>The workers finish what is under way, so that nothing is lost.</source>
        <translation>处理单元正在完成手头的工作，以免丢失数据。</translation>
    </message>
    <message>
        <source>Something went wrong inside Signalbox: {0}</source>
        <translation>Signalbox 内部出错：{0}</translation>
    </message>
    <message>
        <source>Report…</source>
        <translation>报告…</translation>
    </message>
</context>
<context>
    <name>Counted</name>
    <message numerus="yes">
        <source>{0} tokens</source>
        <translation>
            <numerusform>{0} 个 token</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} retries</source>
        <translation>
            <numerusform>重试 {0} 次</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} requests</source>
        <translation>
            <numerusform>{0} 次请求</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} messages unread</source>
        <translation>
            <numerusform>{0} 条消息未读</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>CourseDialog</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>CrashReport</name>
    <message>
        <source>The last run ended abruptly</source>
        <translation>上次运行意外结束</translation>
    </message>
    <message>
        <source>What each thread was doing</source>
        <translation>每个线程当时在做什么</translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation>复制详情</translation>
    </message>
    <message>
        <source>Export logs…</source>
        <translation>导出日志…</translation>
    </message>
    <message>
        <source>It crashed; below is what each thread was doing at that moment.</source>
        <translation>程序崩溃；下面是当时每个线程在做什么。</translation>
    </message>
    <message>
        <source>It was ended from outside, or the machine lost its power.</source>
        <translation>它被外部结束，或机器断电。</translation>
    </message>
    <message>
        <source>The run that was started {0} did not end in order.</source>
        <translation>{0} 开始的运行没有正常结束。</translation>
    </message>
    <message>
        <source>In a Kafka cluster, what was under way is still there and is read again; the broker inside Signalbox begins empty. If it happens again, export the logs and send them to support.</source>
        <translation>使用 Kafka 集群时，正在处理的内容仍在集群中，会重新读取；Signalbox 内置的 Broker 则从空开始。如果再次发生，请导出日志并发送给技术支持。</translation>
    </message>
</context>
<context>
    <name>DailyCounts</name>
    <message>
        <source>Alarms</source>
        <translation>告警</translation>
    </message>
    <message>
        <source>Alarms, {0}</source>
        <translation>告警，{0}</translation>
    </message>
    <message>
        <source>Not assessed</source>
        <translation>未评估</translation>
    </message>
    <message>
        <source>Line {0}, in: {1}</source>
        <translation>计数线 {0}，进：{1}</translation>
    </message>
    <message>
        <source>Line {0}, out: {1}</source>
        <translation>计数线 {0}，出：{1}</translation>
    </message>
    <message>
        <source>Zone {0}, entered: {1}</source>
        <translation>计数区 {0}，进入：{1}</translation>
    </message>
</context>
<context>
    <name>DailyDialog</name>
    <message>
        <source>Daily counts</source>
        <translation>每日统计</translation>
    </message>
    <message>
        <source>Alarms and crossings by the day on which they were captured. Levels are those of the alarms that are still kept.</source>
        <translation>按拍摄日期统计的告警和越线数。各级别仅统计仍保留的告警。</translation>
    </message>
    <message>
        <source>Nothing was counted in these seven days</source>
        <translation>这七天没有统计到任何内容</translation>
    </message>
    <message>
        <source>Alarms are counted here, and what crosses the counting lines and enters the zones that are drawn on the page of the cameras.</source>
        <translation>这里统计告警，以及越过计数线和进入计数区的目标；计数线和计数区在“摄像头”页面上绘制。</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Counted</source>
        <translation>统计项</translation>
    </message>
    <message>
        <source>Total</source>
        <translation>合计</translation>
    </message>
    <message>
        <source>Save as a table…</source>
        <translation>另存为表格…</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>{0} {1}</source>
        <comment>weekday, day of the month</comment>
        <translation>{1}日{0}</translation>
    </message>
    <message>
        <source>Save as a table</source>
        <translation>另存为表格</translation>
    </message>
    <message>
        <source>Table (*.csv)</source>
        <translation>表格 (*.csv)</translation>
    </message>
    <message>
        <source>Saved: {0}</source>
        <translation>已保存：{0}</translation>
    </message>
    <message>
        <source>Nothing was saved: {0}. Choose a folder you may write to.</source>
        <translation>没有保存：{0}。请选择可以写入的文件夹。</translation>
    </message>
</context>
<context>
    <name>DeadLetterDialog</name>
    <message>
        <source>Dead letters</source>
        <translation>死信</translation>
    </message>
    <message>
        <source>The message that is selected</source>
        <translation>选中的消息</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Came from</source>
        <translation>来自</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Messages that could not be processed</source>
        <translation>无法处理的消息</translation>
    </message>
    <message>
        <source>Read again</source>
        <translation>重新读取</translation>
    </message>
    <message>
        <source>Read again (F5)</source>
        <translation>重新读取（F5）</translation>
    </message>
    <message>
        <source>Send back…</source>
        <translation>送回…</translation>
    </message>
    <message>
        <source>Send the selected messages to where they came from, as they were</source>
        <translation>把选中的消息原样送回来处</translation>
    </message>
    <message>
        <source>Cancel sending</source>
        <translation>取消送回</translation>
    </message>
    <message>
        <source>Reading from the broker…</source>
        <translation>正在从 Broker 读取…</translation>
    </message>
    <message>
        <source>There are no dead letters. A message that a worker cannot process is put aside here with the reason, so that the work goes on without it.</source>
        <translation>没有死信。处理单元无法处理的消息会连同原因放到这里，其余工作照常进行。</translation>
    </message>
    <message>
        <source>All messages listed here were sent back.</source>
        <translation>这里列出的消息都已送回。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln message(s) could not be processed and were put aside. Mend the cause, then select them and send them back.</source>
        <translation>
            <numerusform>%Ln 条消息无法处理，已搁置。请先消除原因，再选中并送回。</numerusform>
        </translation>
    </message>
    <message>
        <source>Only the newest {0} are listed and counted here; older ones stay in Kafka.</source>
        <translation>这里只列出并统计最新的 {0} 条；更早的仍保留在 Kafka 中。</translation>
    </message>
    <message>
        <source>sent back</source>
        <translation>已送回</translation>
    </message>
    <message>
        <source>failed again</source>
        <translation>再次失败</translation>
    </message>
    <message>
        <source>put aside</source>
        <translation>已搁置</translation>
    </message>
    <message>
        <source>Send back</source>
        <translation>送回</translation>
    </message>
    <message numerus="yes">
        <source>Send %Ln message(s) back to where they came from?</source>
        <translation>
            <numerusform>把 %Ln 条消息送回来处？</numerusform>
        </translation>
    </message>
    <message>
        <source>The workers take them again. If the cause is not mended, they come back here as new dead letters.</source>
        <translation>处理单元会重新处理它们。如果原因没有消除，它们会作为新的死信回到这里。</translation>
    </message>
    <message>
        <source>Sending back…</source>
        <translation>正在送回…</translation>
    </message>
    <message>
        <source>{0} sent back, {1} not. {2}: {3}</source>
        <translation>已送回 {0} 条，未送回 {1} 条。{2}：{3}</translation>
    </message>
    <message>
        <source>Cancelled: {0} of {1} sent back, the others wait as before.</source>
        <translation>已取消：共 {1} 条，已送回 {0} 条，其余照旧等待。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln message(s) sent back.</source>
        <translation>
            <numerusform>已送回 %Ln 条消息。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Doctor</name>
    <message>
        <source>{0}.</source>
        <translation>{0}。</translation>
    </message>
</context>
<context>
    <name>Dropping</name>
    <message>
        <source>Drop to open</source>
        <translation>松开即可打开</translation>
    </message>
    <message>
        <source>Different kinds of files at once: drop cameras, a list or properties by themselves.</source>
        <translation>一次拖放了不同类型的文件：请将摄像头、列表或属性文件分开拖放。</translation>
    </message>
    <message>
        <source>Drop one such file at a time.</source>
        <translation>此类文件请一次只拖放一个。</translation>
    </message>
    <message>
        <source>Nothing was added</source>
        <translation>未添加任何内容</translation>
    </message>
    <message>
        <source>What can be dropped: videos and folders of pictures become cameras; a list of cameras (CSV) and a file of Kafka properties are opened for a look before anything is taken over.</source>
        <translation>可以拖放：视频和图片文件夹会成为摄像头；摄像头列表（CSV）和 Kafka 属性文件会先打开供查看，确认后才采用。</translation>
    </message>
</context>
<context>
    <name>Duration</name>
    <message>
        <source>{0}d {1}</source>
        <comment>days, hours:minutes:seconds</comment>
        <translation>{0} 天 {1}</translation>
    </message>
</context>
<context>
    <name>EndpointTest</name>
    <message>
        <source>Sends one small picture to the model with this key; nothing is kept by it</source>
        <translation>用此密钥向模型发送一张小图片；不会保存任何内容</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Asking {0}…</source>
        <translation>正在询问 {0}…</translation>
    </message>
    <message>
        <source>✓ {0} answered after {1} ms.</source>
        <translation>✓ {0} 在 {1} 毫秒后作答。</translation>
    </message>
    <message>
        <source>✗ The server wants an API key. Type it above.</source>
        <translation>✗ 服务器需要 API 密钥。请在上方输入。</translation>
    </message>
    <message>
        <source>Not tested.</source>
        <translation>未测试。</translation>
    </message>
    <message>
        <source>Test the model</source>
        <translation>测试模型</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export logs</source>
        <translation>导出日志</translation>
    </message>
    <message>
        <source>All there is</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>The last 10 minutes</source>
        <translation>最近 10 分钟</translation>
    </message>
    <message>
        <source>The last hour</source>
        <translation>最近 1 小时</translation>
    </message>
    <message>
        <source>The last day</source>
        <translation>最近 1 天</translation>
    </message>
    <message>
        <source>All workers and levels</source>
        <translation>全部处理单元和级别</translation>
    </message>
    <message>
        <source>What I see on the Logs page</source>
        <translation>“日志”页上看到的内容</translation>
    </message>
    <message>
        <source>Settings, versions and figures always go in; keys and passwords never do.</source>
        <translation>设置、版本和数据始终包含在内；密钥和密码从不包含。</translation>
    </message>
    <message>
        <source>Choose a file…</source>
        <translation>选择文件…</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Lines</source>
        <translation>日志行</translation>
    </message>
</context>
<context>
    <name>Exporter</name>
    <message>
        <source>Export logs</source>
        <translation>导出日志</translation>
    </message>
    <message>
        <source>ZIP files (*.zip)</source>
        <translation>ZIP 文件 (*.zip)</translation>
    </message>
    <message>
        <source>Exporting logs…</source>
        <translation>正在导出日志…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Logs exported</source>
        <translation>日志已导出</translation>
    </message>
    <message>
        <source>The logs are in {0}.
Keys and passwords were taken out.</source>
        <translation>日志已保存到 {0}。
密钥和密码已去除。</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Export failed</source>
        <translation>导出失败</translation>
    </message>
    <message>
        <source>{0} could not be written: {1}.
Choose another folder, or free some space.</source>
        <translation>无法写入 {0}：{1}。
请选择其他文件夹，或清理出一些空间。</translation>
    </message>
</context>
<context>
    <name>Figure</name>
    <message>
        <source>Frames read</source>
        <translation>已读取帧</translation>
    </message>
    <message>
        <source>Frames detected</source>
        <translation>已检测帧</translation>
    </message>
    <message>
        <source>Frames dropped</source>
        <translation>已丢弃帧</translation>
    </message>
    <message>
        <source>Frames skipped</source>
        <translation>已跳过帧</translation>
    </message>
    <message>
        <source>Capture threads given up</source>
        <translation>放弃的采集线程</translation>
    </message>
    <message>
        <source>Messages read</source>
        <translation>读取的消息</translation>
    </message>
    <message>
        <source>Tasks made</source>
        <translation>生成的任务</translation>
    </message>
    <message>
        <source>Messages written</source>
        <translation>写入的消息</translation>
    </message>
    <message>
        <source>Requests joined</source>
        <translation>已汇总请求</translation>
    </message>
    <message>
        <source>Requests incomplete</source>
        <translation>不完整请求</translation>
    </message>
    <message>
        <source>Verdicts that came late</source>
        <translation>迟到的结论</translation>
    </message>
    <message>
        <source>Repeated messages</source>
        <translation>重复消息</translation>
    </message>
    <message>
        <source>Verdicts</source>
        <translation>评估结论</translation>
    </message>
    <message>
        <source>Not assessed</source>
        <translation>未评估</translation>
    </message>
    <message>
        <source>Alarms raised</source>
        <translation>发出的告警</translation>
    </message>
    <message>
        <source>Alarms closed</source>
        <translation>已结束的告警</translation>
    </message>
    <message>
        <source>Reminders</source>
        <translation>再次提醒</translation>
    </message>
    <message>
        <source>In maintenance</source>
        <translation>维护期内</translation>
    </message>
    <message>
        <source>Retries</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Answers sent back for correction</source>
        <translation>要求更正的回答</translation>
    </message>
    <message>
        <source>Judged by rules instead</source>
        <translation>由规则代判</translation>
    </message>
    <message>
        <source>Tasks expired</source>
        <translation>已过期</translation>
    </message>
    <message>
        <source>Keys disabled</source>
        <translation>已停用的密钥</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Messages rejected</source>
        <translation>拒收的消息</translation>
    </message>
    <message>
        <source>Sent to dead letters</source>
        <translation>转入死信</translation>
    </message>
    <message>
        <source>Messages made smaller</source>
        <translation>已缩减的消息</translation>
    </message>
    <message>
        <source>Messages not delivered</source>
        <translation>未送达</translation>
    </message>
    <message>
        <source>Cameras with a picture</source>
        <translation>有画面的摄像头</translation>
    </message>
    <message>
        <source>Cameras switched on</source>
        <translation>已启用的摄像头</translation>
    </message>
    <message>
        <source>Preprocessing</source>
        <translation>预处理</translation>
    </message>
    <message>
        <source>Inference</source>
        <translation>推理</translation>
    </message>
    <message>
        <source>Postprocessing</source>
        <translation>后处理</translation>
    </message>
    <message>
        <source>Model busy</source>
        <translation>模型占用率</translation>
    </message>
    <message>
        <source>Tasks in flight</source>
        <translation>评估中</translation>
    </message>
    <message>
        <source>Keys usable</source>
        <translation>可用密钥</translation>
    </message>
    <message>
        <source>Keys in all</source>
        <translation>密钥总数</translation>
    </message>
    <message>
        <source>Assessment paused</source>
        <translation>评估已暂停</translation>
    </message>
    <message>
        <source>Rules stand in</source>
        <translation>由规则代判</translation>
    </message>
    <message>
        <source>Requests pending</source>
        <translation>未完成请求</translation>
    </message>
    <message>
        <source>Verdicts not yet stored</source>
        <translation>未写入的结论</translation>
    </message>
    <message>
        <source>Alarms not yet stored</source>
        <translation>未写入的告警</translation>
    </message>
    <message>
        <source>Database</source>
        <translation>数据库</translation>
    </message>
    <message>
        <source>Assessor</source>
        <translation>评估器</translation>
    </message>
    <message>
        <source>Kind of assessor</source>
        <translation>评估方式</translation>
    </message>
    <message>
        <source>Runs on</source>
        <translation>执行提供程序</translation>
    </message>
    <message>
        <source>Not in use</source>
        <translation>执行提供程序说明</translation>
    </message>
    <message>
        <source>Judged as</source>
        <translation>判定为</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
</context>
<context>
    <name>FindingList</name>
    <message>
        <source>Fix all</source>
        <translation>全部修复</translation>
    </message>
    <message>
        <source>Errors and warnings; advice is left to you</source>
        <translation>修复错误和警告；建议由您决定</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>正在检查…</translation>
    </message>
    <message>
        <source>The settings doctor has nothing to say: these properties do what they say, with the librdkafka in use.</source>
        <translation>设置医生没有意见：在当前使用的 librdkafka 中，这些属性都名副其实。</translation>
    </message>
    <message>
        <source>Why: {0}</source>
        <translation>原因：{0}</translation>
    </message>
    <message>
        <source>Line {0}</source>
        <translation>第 {0} 行</translation>
    </message>
    <message>
        <source>Read on…</source>
        <translation>查阅资料…</translation>
    </message>
    <message>
        <source>Fix</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Fix {0}</source>
        <translation>修复 {0}</translation>
    </message>
    <message numerus="yes">
        <source>%Ln error(s)</source>
        <translation>
            <numerusform>%Ln 个错误</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln warning(s)</source>
        <translation>
            <numerusform>%Ln 个警告</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln piece(s) of advice</source>
        <translation>
            <numerusform>%Ln 条建议</numerusform>
        </translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>没有发现问题</translation>
    </message>
</context>
<context>
    <name>FirstStart</name>
    <message>
        <source>Welcome to {0}</source>
        <translation>欢迎使用 {0}</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>跳过</translation>
    </message>
    <message>
        <source>Change nothing and start nothing (Esc)</source>
        <translation>不更改也不启动任何内容（Esc）</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>上一步</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一步</translation>
    </message>
    <message>
        <source>Start watching</source>
        <translation>开始监看</translation>
    </message>
    <message>
        <source>Begin with these answers; the others stay as offered</source>
        <translation>按当前回答开始；其余保持默认</translation>
    </message>
    <message>
        <source>Step {0} of {1}</source>
        <translation>第 {0} 步，共 {1} 步</translation>
    </message>
</context>
<context>
    <name>Help</name>
    <message>
        <source>the pages, from Live to Settings</source>
        <translation>切换页面，从“实时”到“设置”</translation>
    </message>
    <message>
        <source>start all workers</source>
        <translation>启动全部处理单元</translation>
    </message>
    <message>
        <source>stop all workers; they finish what is under way</source>
        <translation>停止全部处理单元；正在处理的内容会先完成</translation>
    </message>
    <message>
        <source>export logs into one file for support</source>
        <translation>将日志导出为一个文件，供技术支持使用</translation>
    </message>
    <message>
        <source>filter the page in front</source>
        <translation>在当前页面中筛选</translation>
    </message>
    <message>
        <source>fold the track diagram, or unfold it</source>
        <translation>收起或展开轨道图</translation>
    </message>
    <message>
        <source>the camera wall alone on the screen, and back</source>
        <translation>全屏显示摄像头墙，再按一次返回</translation>
    </message>
    <message>
        <source>this text</source>
        <translation>本帮助</translation>
    </message>
    <message>
        <source>The track at the top is the pipeline: Detection finds road users in the pictures of the cameras, the Generator makes one task of each group, the Scheduler has it assessed, the Aggregator turns risks into alarms. Between two workers lies a Kafka topic; its colour tells whether its reader keeps up.</source>
        <translation>上方的轨道就是处理流水线：“检测”在摄像头画面中找出道路使用者，“任务生成”为每个目标组生成一个任务，“评估调度”安排对任务的评估，“告警聚合”将风险汇总为告警。每两个处理单元之间是一个 Kafka 主题，其颜色表示读取方是否跟得上。</translation>
    </message>
    <message>
        <source>on Live: move the chosen camera, as dragging does</source>
        <translation>“实时”页：移动所选摄像头，与拖动相同</translation>
    </message>
    <message>
        <source>Pipeline tells all about each worker: its last trouble, how long its work takes, when it was restarted, and the settings it runs with. A click on its card shows the same beside any other page.</source>
        <translation>“流水线”页显示每个处理单元的全部情况：最近的故障、处理耗时、何时重启、使用的设置。点击其卡片可在任何页面旁显示同样的内容。</translation>
    </message>
    <message>
        <source>on Live: save pictures; on Kafka and Settings: apply</source>
        <translation>“实时”页：保存画面；“Kafka”和“设置”页：应用</translation>
    </message>
    <message>
        <source>on Logs: the next error, the one before</source>
        <translation>“日志”页：下一个、上一个错误</translation>
    </message>
    <message>
        <source>Kafka shows topics and the lag of their readers. A lag that grows means that more comes in than the reader gets done: look at that worker, or start one more of it on another machine. Dead letters are messages that no worker could process, each with the reason.</source>
        <translation>“Kafka”显示主题及其消费者的积压。积压增长说明写入快于处理：请查看该处理单元，或在另一台机器上再启动一个。死信是处理单元无法处理的消息，每条都附有原因。</translation>
    </message>
    <message>
        <source>Logs holds the lines of all workers, which are in English in every language. F3 goes to the next error; scrolling up stops following, the End key follows again. The timeline tells what happened to cameras, workers and alarms, in the order of time.</source>
        <translation>“日志”包含所有处理单元的日志行；无论界面是何语言，日志行均为英文。F3 跳到下一个错误；向上滚动会停止跟随，按 End 键恢复跟随。时间线按时间顺序列出摄像头、处理单元和告警的变化。</translation>
    </message>
    <message>
        <source>Cameras is where they are added, changed and tested. A test shows one picture, or why there is none. Zones are drawn on it: where to look, what to leave out, what to count.</source>
        <translation>“摄像头”用于添加、更改和测试摄像头。测试会显示一张画面，或说明没有画面的原因。“区域”在画面上绘制：检测哪里、排除哪里、统计什么。</translation>
    </message>
    <message>
        <source>Settings are checked as you type. Before you apply them, the page says which workers will restart.</source>
        <translation>“设置”在输入时即检查。应用之前，页面会说明哪些处理单元将重启。</translation>
    </message>
    <message>
        <source>Green: all is well. Amber: it works, but needs a look. Red: it does not work. Click a worker or a topic to read why, and what to do about it.</source>
        <translation>绿色：一切正常。琥珀色：在工作，但需要留意。红色：不工作。点击处理单元或主题可查看原因和处理办法。</translation>
    </message>
    <message>
        <source>Lag is the number of messages that a worker has not finished yet; its age tells how long the oldest of them has waited.</source>
        <translation>积压是指某个处理单元尚未处理完的消息数量；其时长表示其中最早一条已等待多久。</translation>
    </message>
    <message>
        <source>Alarms lists every alarm that is kept. Choose one to see its picture and what the rules or the model said; acknowledge it with a note, or mark it as false. Assess again tries other thresholds or another prompt on them and changes nothing that is stored.</source>
        <translation>“告警”列出保存的所有告警。选择一条可查看其图片以及规则或大模型的说明；可附备注确认，或标记为误报。“重新评估”用其他阈值或提示词再评估一次，不改变已存储的内容。</translation>
    </message>
    <message>
        <source>Live shows the cameras and the newest alarms. Double-click a camera to see it alone. A tile without a picture says why, and when the camera is tried again; a right click leads to its settings.</source>
        <translation>“实时”显示摄像头画面和最新告警。双击某个摄像头可单独查看。没有画面时，会说明原因以及何时重试；单击右键可打开其设置。</translation>
    </message>
</context>
<context>
    <name>HelpDialog</name>
    <message>
        <source>Help</source>
        <translation>帮助</translation>
    </message>
</context>
<context>
    <name>JavaDialog</name>
    <message>
        <source>Paste Java properties</source>
        <translation>粘贴 Java 属性</translation>
    </message>
    <message>
        <source>Java properties</source>
        <translation>Java 属性</translation>
    </message>
    <message>
        <source>Line</source>
        <translation>行</translation>
    </message>
    <message>
        <source>Java</source>
        <translation>Java</translation>
    </message>
    <message>
        <source>Here</source>
        <translation>在此处</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>What becomes of each property</source>
        <translation>每个属性变成什么</translation>
    </message>
    <message>
        <source>A producer&apos;s</source>
        <translation>生产者的</translation>
    </message>
    <message>
        <source>A consumer&apos;s</source>
        <translation>消费者的</translation>
    </message>
    <message>
        <source>Whose properties</source>
        <translation>谁的属性</translation>
    </message>
    <message>
        <source>Keep Java&apos;s own defaults as well</source>
        <translation>同时保留 Java 自己的默认值</translation>
    </message>
    <message>
        <source>Sets what Java clients do without being told and librdkafka does not</source>
        <translation>把 Java 客户端默认就做、而 librdkafka 不做的事也设上</translation>
    </message>
    <message>
        <source>Open file…</source>
        <translation>打开文件…</translation>
    </message>
    <message>
        <source>Paste them here, or open a file.</source>
        <translation>粘贴到这里，或打开文件。</translation>
    </message>
    <message>
        <source>Take over</source>
        <translation>采用</translation>
    </message>
    <message>
        <source>Into the editor; nothing holds before you apply it</source>
        <translation>放入编辑器；应用之前不会生效</translation>
    </message>
    <message>
        <source>This is too long to be the properties of a client.</source>
        <translation>太长了，不像是客户端的属性。</translation>
    </message>
    <message>
        <source>No properties yet.</source>
        <translation>还没有属性。</translation>
    </message>
    <message>
        <source>Properties (*.properties *.conf *.cfg *.config)</source>
        <translation>属性文件 (*.properties *.conf *.cfg *.config)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
    <message>
        <source>The file cannot be read: {0}.</source>
        <translation>无法读取该文件：{0}。</translation>
    </message>
    <message numerus="yes">
        <source>{0} properties; different here: {1}, left out: {2}</source>
        <translation>
            <numerusform>{0} 个属性；此处不同：{1}，去掉：{2}</numerusform>
        </translation>
    </message>
    <message>
        <source>left out</source>
        <translation>去掉</translation>
    </message>
</context>
<context>
    <name>JavaTakeover</name>
    <message>
        <source>Signalbox has its own groups: kafka.groups in the file</source>
        <translation>Signalbox 有自己的消费者组：见设置文件中的 kafka.groups</translation>
    </message>
    <message>
        <source>Java&apos;s default</source>
        <translation>Java 的默认值</translation>
    </message>
    <message>
        <source>Bootstrap servers</source>
        <translation>引导服务器</translation>
    </message>
</context>
<context>
    <name>Joint</name>
    <message>
        <source>{0}: {1}</source>
        <translation>{0}：{1}</translation>
    </message>
    <message>
        <source>{0} ({1})</source>
        <translation>{0}（{1}）</translation>
    </message>
    <message>
        <source>{0}, {1}</source>
        <comment>things of one kind</comment>
        <translation>{0}、{1}</translation>
    </message>
    <message>
        <source>{0}, {1}</source>
        <comment>statements</comment>
        <translation>{0}，{1}</translation>
    </message>
</context>
<context>
    <name>KafkaDesk</name>
    <message>
        <source>The secret goes to the system&apos;s credential store when you apply.</source>
        <translation>应用时，该密码将存入系统的凭据库。</translation>
    </message>
    <message>
        <source>The settings doctor failed: {0}</source>
        <translation>设置医生出错：{0}</translation>
    </message>
    <message>
        <source>Applied.</source>
        <translation>已应用。</translation>
    </message>
    <message>
        <source>The password cannot be kept: {0}. {1} Nothing was changed.</source>
        <translation>无法保存密码：{0}。{1} 没有任何改动。</translation>
    </message>
</context>
<context>
    <name>KafkaPage</name>
    <message>
        <source>Kafka</source>
        <translation>Kafka</translation>
    </message>
    <message>
        <source>Dead letters…</source>
        <translation>死信…</translation>
    </message>
    <message>
        <source>Messages that could not be processed, and why</source>
        <translation>无法处理的消息及其原因</translation>
    </message>
    <message>
        <source>Test connection…</source>
        <translation>测试连接…</translation>
    </message>
    <message>
        <source>Embedded broker on {0}: a real Kafka protocol inside this program, for trying out. It lives in memory, keeps at most {1} MB of each partition, and nothing at all over a restart.</source>
        <translation>内置 Broker，地址 {0}：在本程序内运行真正的 Kafka 协议，供试用。数据只在内存中，每个分区最多保留 {1} MB，重启后全部清空。</translation>
    </message>
    <message>
        <source>Kafka cluster: {0}</source>
        <translation>Kafka 集群：{0}</translation>
    </message>
    <message>
        <source>Topics and lag</source>
        <translation>主题与积压</translation>
    </message>
    <message>
        <source>Views of Kafka</source>
        <translation>Kafka 视图</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>Properties</source>
        <translation>属性</translation>
    </message>
    <message>
        <source>Name, network, TLS, login, topics and rights, one by one, with what is typed here</source>
        <translation>按此处填写的内容，逐项测试名称、网络、TLS、登录、主题和权限</translation>
    </message>
    <message>
        <source>Revert</source>
        <translation>还原</translation>
    </message>
    <message>
        <source>Show the settings in use again</source>
        <translation>重新显示正在使用的设置</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
    <message>
        <source>Save and use these settings (Ctrl+S)</source>
        <translation>保存并使用这些设置（Ctrl+S）</translation>
    </message>
    <message>
        <source>Being applied…</source>
        <translation>正在应用…</translation>
    </message>
    <message>
        <source>Mend what is marked red, then apply.</source>
        <translation>请先改正标红的内容，再应用。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln error(s): no worker would start. Mend them, then apply.</source>
        <translation>
            <numerusform>有 %Ln 个错误：处理单元将无法启动。请先改正，再应用。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Key</name>
    <message>
        <source>Rests until {0}</source>
        <translation>休息至 {0}</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>已关闭</translation>
    </message>
    <message>
        <source>Disabled: {0}</source>
        <translation>已停用：{0}</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>可用</translation>
    </message>
    <message>
        <source>Environment variable {0}</source>
        <translation>环境变量 {0}</translation>
    </message>
    <message>
        <source>Credential store</source>
        <translation>系统凭据库</translation>
    </message>
    <message>
        <source>{0}/s</source>
        <translation>每秒 {0} 次</translation>
    </message>
    <message>
        <source>{0}/min</source>
        <translation>每分钟 {0} 次</translation>
    </message>
    <message>
        <source>{0} tokens/min</source>
        <translation>每分钟 {0} 个 token</translation>
    </message>
    <message>
        <source>{0} at once</source>
        <translation>同时 {0} 个</translation>
    </message>
    <message>
        <source>Nothing used today.</source>
        <translation>今天还没有用量。</translation>
    </message>
    <message>
        <source>Today, {0}: {1}; tokens: {2} in, {3} out</source>
        <translation>今天，{0}：{1}，输入 {2} 个 token，输出 {3} 个</translation>
    </message>
    <message>
        <source>, cost {0}</source>
        <translation>，费用 {0}</translation>
    </message>
    <message>
        <source>✓ The key works: {0} answered after {1} ms.</source>
        <translation>✓ 密钥可用：{0} 在 {1} 毫秒后作答。</translation>
    </message>
    <message>
        <source>The key is known, but its limit is reached just now. Lower its limits.</source>
        <translation>密钥有效，但此刻已达到限额。请调低它的限额。</translation>
    </message>
    <message>
        <source>✗ The server refuses this key. Enter another.</source>
        <translation>✗ 服务器拒绝此密钥。请输入另一个。</translation>
    </message>
    <message>
        <source>✗ The server refuses the request. Does the model take pictures?</source>
        <translation>✗ 服务器拒绝该请求。这个模型能看图片吗？</translation>
    </message>
    <message>
        <source>✗ Nothing is there under this address and model. Check both.</source>
        <translation>✗ 此地址和模型下没有服务。请检查两者。</translation>
    </message>
    <message>
        <source>✗ The server has a problem of its own. Try later.</source>
        <translation>✗ 服务器自身出现问题。请稍后再试。</translation>
    </message>
    <message>
        <source>✗ The server does not answer. Check address and network.</source>
        <translation>✗ 服务器没有应答。请检查地址和网络。</translation>
    </message>
    <message>
        <source>✗ The server cannot be reached. Check address and network.</source>
        <translation>✗ 无法连接服务器。请检查地址和网络。</translation>
    </message>
    <message>
        <source>✗ What answers there does not speak chat completions. Check the address.</source>
        <translation>✗ 该地址的应答不是对话补全接口。请检查地址。</translation>
    </message>
</context>
<context>
    <name>KeyDialog</name>
    <message>
        <source>Add an API key</source>
        <translation>添加 API 密钥</translation>
    </message>
    <message>
        <source>Change the key</source>
        <translation>修改密钥</translation>
    </message>
    <message>
        <source>Credential store of this system</source>
        <translation>本系统的凭据库</translation>
    </message>
    <message>
        <source>Environment variable</source>
        <translation>环境变量</translation>
    </message>
    <message>
        <source>Requests per second</source>
        <translation>每秒请求数</translation>
    </message>
    <message>
        <source>Requests per minute</source>
        <translation>每分钟请求数</translation>
    </message>
    <message>
        <source>Tokens per minute</source>
        <translation>每分钟 token 数</translation>
    </message>
    <message>
        <source>Requests at once</source>
        <translation>同时请求数</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Shown with each verdict; not the key itself.</source>
        <translation>随每个结论显示；不是密钥本身。</translation>
    </message>
    <message>
        <source>Kept in</source>
        <translation>保存在</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>Variable</source>
        <translation>变量</translation>
    </message>
    <message>
        <source>0: no limit.</source>
        <translation>0：不限。</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Check key</source>
        <translation>检查密钥</translation>
    </message>
    <message>
        <source>Sends one small request with this key</source>
        <translation>用此密钥发送一个小请求</translation>
    </message>
    <message>
        <source>Kept; type another to replace it</source>
        <translation>已保存；输入新的即可替换</translation>
    </message>
    <message>
        <source>There is a key of this name already.</source>
        <translation>已有同名的密钥。</translation>
    </message>
    <message>
        <source>Enter the name of an environment variable.</source>
        <translation>请输入环境变量的名称。</translation>
    </message>
    <message>
        <source>Enter the key.</source>
        <translation>请输入密钥。</translation>
    </message>
    <message>
        <source>Enter the address and the model in the settings first.</source>
        <translation>请先在设置中填写地址和模型。</translation>
    </message>
    <message>
        <source>Asking {0}…</source>
        <translation>正在询问 {0}…</translation>
    </message>
    <message>
        <source>Its name, such as QWEN_API_TOKEN.</source>
        <translation>变量名，例如 QWEN_API_TOKEN。</translation>
    </message>
    <message>
        <source>Share of the requests where the order of keys is “By weight”.</source>
        <translation>“按权重”时所分担的请求份额。</translation>
    </message>
</context>
<context>
    <name>KeysSection</name>
    <message>
        <source>API keys</source>
        <translation>API 密钥</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Limits</source>
        <translation>限额</translation>
    </message>
    <message>
        <source>No keys. Add one for each account; a server of your own, such as Ollama, needs none.</source>
        <translation>还没有密钥。请为每个账户添加一个；自己的服务器（如 Ollama）不需要。</translation>
    </message>
    <message>
        <source>Add key…</source>
        <translation>添加密钥…</translation>
    </message>
    <message>
        <source>Change and check…</source>
        <translation>修改和检查…</translation>
    </message>
    <message>
        <source>Switch off</source>
        <translation>停用</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>移除…</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>已停用</translation>
    </message>
    <message>
        <source>Not in use</source>
        <translation>未在使用</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Switch on</source>
        <translation>启用</translation>
    </message>
    <message>
        <source>Remove the API key “{0}”?</source>
        <translation>要移除 API 密钥“{0}”吗？</translation>
    </message>
    <message>
        <source>Remove key</source>
        <translation>移除密钥</translation>
    </message>
    <message>
        <source>It is also taken out of the credential store and cannot be had back.</source>
        <translation>它也会从凭据库中删除，无法恢复。</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Disabled</source>
        <translation>已停用</translation>
    </message>
</context>
<context>
    <name>LagChart</name>
    <message>
        <source>now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>{0} min</source>
        <translation>{0} 分钟</translation>
    </message>
    <message>
        <source>Lag of the last 15 minutes</source>
        <translation>最近 15 分钟的积压</translation>
    </message>
</context>
<context>
    <name>LagTable</name>
    <message>
        <source>Topic ← group</source>
        <translation>主题 ← 消费者组</translation>
    </message>
    <message>
        <source>Lag</source>
        <translation>积压</translation>
    </message>
    <message>
        <source>Oldest unread</source>
        <translation>最早未读</translation>
    </message>
    <message>
        <source>Clear in</source>
        <translation>预计清空</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>In /s</source>
        <translation>写入/秒</translation>
    </message>
    <message>
        <source>Done /s</source>
        <translation>处理/秒</translation>
    </message>
    <message>
        <source>Committed</source>
        <translation>已提交偏移量</translation>
    </message>
    <message>
        <source>End</source>
        <translation>末端偏移量</translation>
    </message>
    <message>
        <source>Dead letters</source>
        <translation>死信</translation>
    </message>
    <message>
        <source>Lag of the consumer groups</source>
        <translation>各消费者组的积压</translation>
    </message>
    <message>
        <source>partition {0}</source>
        <translation>分区 {0}</translation>
    </message>
    <message>
        <source>never</source>
        <translation>从未</translation>
    </message>
    <message>
        <source>not at this rate</source>
        <translation>按此速度清不完</translation>
    </message>
    <message>
        <source>clear</source>
        <translation>已清空</translation>
    </message>
    <message>
        <source>keeps up</source>
        <translation>跟得上</translation>
    </message>
</context>
<context>
    <name>LagView</name>
    <message>
        <source>Unread messages, last 15 minutes</source>
        <translation>最近 15 分钟的未读消息</translation>
    </message>
    <message>
        <source>Loading the chart…</source>
        <translation>正在加载图表…</translation>
    </message>
    <message>
        <source>Open the broker</source>
        <translation>打开 Broker</translation>
    </message>
    <message>
        <source>Consumer groups</source>
        <translation>消费者组</translation>
    </message>
    <message>
        <source>{0} The figures below are old.</source>
        <translation>{0}下面的数据是旧的。</translation>
    </message>
    <message>
        <source>The broker is being opened…</source>
        <translation>正在打开 Broker…</translation>
    </message>
    <message>
        <source>The broker is being closed…</source>
        <translation>正在关闭 Broker…</translation>
    </message>
    <message>
        <source>The broker could not be opened.
{0}</source>
        <translation>无法打开 Broker。
{0}</translation>
    </message>
    <message>
        <source>No broker is open, so there is no lag to read.
It opens by itself when workers start.</source>
        <translation>没有打开 Broker，因此没有积压数据。
启动处理单元时会自动打开。</translation>
    </message>
    <message>
        <source>The chart cannot be shown: {0}</source>
        <translation>无法显示图表：{0}</translation>
    </message>
</context>
<context>
    <name>LatencyHistogram</name>
    <message>
        <source>Latency histogram</source>
        <translation>延迟直方图</translation>
    </message>
    <message>
        <source>Nothing measured yet</source>
        <translation>尚无测量数据</translation>
    </message>
</context>
<context>
    <name>Link</name>
    <message>
        <source>Unknown</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>no figures</source>
        <translation>无数据</translation>
    </message>
    <message>
        <source>{0} msg/s</source>
        <translation>{0} 条/秒</translation>
    </message>
    <message>
        <source>lag {0}</source>
        <translation>积压 {0}</translation>
    </message>
    <message>
        <source>Reader stopped</source>
        <translation>读取方已停止</translation>
    </message>
    <message>
        <source>Reader failed</source>
        <translation>读取方故障</translation>
    </message>
    <message>
        <source>OK</source>
        <translation>正常</translation>
    </message>
    <message>
        <source>Falls behind</source>
        <translation>落后</translation>
    </message>
    <message>
        <source>Stalled</source>
        <translation>停滞</translation>
    </message>
    <message>
        <source>keeps up</source>
        <translation>跟得上</translation>
    </message>
    <message>
        <source>stopped by the operator</source>
        <translation>由操作员停止</translation>
    </message>
    <message>
        <source>not seen long enough</source>
        <translation>观察时间还不够</translation>
    </message>
    <message>
        <source>Reader starts</source>
        <translation>读取方启动中</translation>
    </message>
    <message>
        <source>its reader is starting</source>
        <translation>读取方正在启动</translation>
    </message>
    <message>
        <source>more comes than is finished</source>
        <translation>到来的比处理完的多</translation>
    </message>
    <message>
        <source>its reader says what hinders it</source>
        <translation>读取方已说明受阻原因</translation>
    </message>
    <message>
        <source>Reader waits</source>
        <translation>读取方等待中</translation>
    </message>
    <message>
        <source>its reader failed and tries again by itself</source>
        <translation>读取方出现故障，会自行重试</translation>
    </message>
    <message>
        <source>Nobody reads</source>
        <translation>无人读取</translation>
    </message>
    <message>
        <source>nobody reads it, here or elsewhere</source>
        <translation>这里和别处都没有人读取</translation>
    </message>
    <message>
        <source>its reader runs and finishes nothing</source>
        <translation>读取方在运行，但什么也没有完成</translation>
    </message>
    <message>
        <source>its reader failed and waits for you</source>
        <translation>读取方出现故障，等待您处理</translation>
    </message>
</context>
<context>
    <name>LivePage</name>
    <message>
        <source>Log tail</source>
        <translation>最新日志</translation>
    </message>
    <message>
        <source>No picture saved: {0}</source>
        <translation>画面未保存：{0}</translation>
    </message>
    <message>
        <source>Picture saved: {0}</source>
        <translation>画面已保存：{0}</translation>
    </message>
</context>
<context>
    <name>LlmSettings</name>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Kind of server</source>
        <translation>服务器类型</translation>
    </message>
    <message>
        <source>API version</source>
        <translation>API 版本</translation>
    </message>
    <message>
        <source>Language model</source>
        <translation>大模型</translation>
    </message>
    <message>
        <source>Language of verdicts</source>
        <translation>结论的语言</translation>
    </message>
    <message>
        <source>Model name</source>
        <translation>模型名称</translation>
    </message>
    <message>
        <source>Form of answers</source>
        <translation>回答的格式</translation>
    </message>
    <message>
        <source>Order of keys</source>
        <translation>密钥的使用顺序</translation>
    </message>
    <message>
        <source>Wait for an answer (s)</source>
        <translation>等待回答（秒）</translation>
    </message>
    <message>
        <source>Requests per task</source>
        <translation>每个任务的请求数</translation>
    </message>
    <message>
        <source>Tasks expire after (s)</source>
        <translation>任务过期时间（秒）</translation>
    </message>
    <message>
        <source>Rules stand in</source>
        <translation>由规则代判</translation>
    </message>
    <message>
        <source>Price of input</source>
        <translation>输入价格</translation>
    </message>
    <message>
        <source>Price of output</source>
        <translation>输出价格</translation>
    </message>
    <message>
        <source>Most cost a day</source>
        <translation>每日费用上限</translation>
    </message>
    <message>
        <source>Most tokens a day</source>
        <translation>每日 token 上限</translation>
    </message>
    <message>
        <source>OpenAI and compatible</source>
        <translation>OpenAI 及兼容</translation>
    </message>
    <message>
        <source>Find out</source>
        <translation>自动判断</translation>
    </message>
    <message>
        <source>JSON by schema</source>
        <translation>按模式的 JSON</translation>
    </message>
    <message>
        <source>Free text</source>
        <translation>自由文本</translation>
    </message>
    <message>
        <source>The least busy first</source>
        <translation>最空闲的优先</translation>
    </message>
    <message>
        <source>In turn</source>
        <translation>轮流</translation>
    </message>
    <message>
        <source>By weight</source>
        <translation>按权重</translation>
    </message>
    <message>
        <source>No, tasks wait</source>
        <translation>否，任务等待</translation>
    </message>
    <message>
        <source>Yes, marked as rules</source>
        <translation>是，并标明为规则</translation>
    </message>
    <message>
        <source>Offline rules</source>
        <translation>离线规则</translation>
    </message>
    <message>
        <source>Up to the version, such as https://api.openai.com/v1 or http://localhost:11434/v1.</source>
        <translation>写到版本号为止，例如 https://api.openai.com/v1 或 http://localhost:11434/v1。</translation>
    </message>
    <message>
        <source>DashScope, vLLM, Ollama and LM Studio are compatible; Azure has its own addresses.</source>
        <translation>DashScope、vLLM、Ollama 和 LM Studio 都兼容；Azure 有自己的地址格式。</translation>
    </message>
    <message>
        <source>Azure only.</source>
        <translation>仅用于 Azure。</translation>
    </message>
    <message>
        <source>A model that takes pictures, such as qwen-vl-max; Azure: the deployment.</source>
        <translation>能看图片的模型，例如 qwen-vl-max；Azure 则填部署名。</translation>
    </message>
    <message>
        <source>In which the model describes what it sees.</source>
        <translation>模型用哪种语言描述所见。</translation>
    </message>
    <message>
        <source>How the answer&apos;s form is asked for; “find out” suits most servers.</source>
        <translation>如何约束回答的格式；“自动判断”适合大多数服务器。</translation>
    </message>
    <message>
        <source>Which key takes the next request.</source>
        <translation>下一个请求用哪个密钥。</translation>
    </message>
    <message>
        <source>For one whole answer; then it is asked again.</source>
        <translation>等完整回答的时间；超时后重新询问。</translation>
    </message>
    <message>
        <source>After so many requests a task ends as an error, or the rules judge it.</source>
        <translation>请求这么多次之后，任务以错误结束，或由规则判断。</translation>
    </message>
    <message>
        <source>Older tasks are marked as expired and cost nothing; 0: never.</source>
        <translation>更早的任务标为过期，不产生费用；0：从不过期。</translation>
    </message>
    <message>
        <source>While the model cannot be had, the rules judge, and each verdict says so.</source>
        <translation>模型不可用时由规则判断，每个结论都会注明。</translation>
    </message>
    <message>
        <source>For a million tokens, in your currency.</source>
        <translation>每一百万个 token，以您的货币计。</translation>
    </message>
    <message>
        <source>Beyond it assessment pauses until midnight; 0: no ceiling.</source>
        <translation>超过后评估暂停到午夜；0：不设上限。</translation>
    </message>
    <message>
        <source>Beyond them assessment pauses until midnight; 0: no ceiling.</source>
        <translation>超过后评估暂停到午夜；0：不设上限。</translation>
    </message>
    <message>
        <source>Rules work offline and cost nothing; a language model sees the picture. Pictures then leave this machine, unless the model&apos;s server is yours.</source>
        <translation>规则离线工作，不产生费用；大模型会看图片。这时图片会离开本机，除非模型服务器是您自己的。</translation>
    </message>
</context>
<context>
    <name>LogPane</name>
    <message>
        <source>Log lines</source>
        <translation>日志行</translation>
    </message>
    <message>
        <source>No error further down</source>
        <translation>下面没有错误了</translation>
    </message>
    <message>
        <source>No error further up</source>
        <translation>上面没有错误了</translation>
    </message>
    <message>
        <source>No line since then</source>
        <translation>此后没有日志行</translation>
    </message>
    <message>
        <source>Too many lines to copy; save them to a file instead</source>
        <translation>行数太多，无法复制；请保存到文件</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
    <message>
        <source>Next error</source>
        <translation>下一个错误</translation>
    </message>
    <message>
        <source>Clear this view</source>
        <translation>清空此视图</translation>
    </message>
    <message>
        <source>No line is selected</source>
        <translation>未选中任何行</translation>
    </message>
    <message numerus="yes">
        <source>%Ln line(s) copied</source>
        <translation>
            <numerusform>已复制 %Ln 行</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LogTail</name>
    <message>
        <source>No log lines yet. They appear as workers start.</source>
        <translation>还没有日志。处理单元启动后会显示在这里。</translation>
    </message>
    <message>
        <source>Worker</source>
        <translation>处理单元</translation>
    </message>
    <message>
        <source>all workers</source>
        <translation>所有处理单元</translation>
    </message>
    <message>
        <source>Level</source>
        <translation>级别</translation>
    </message>
    <message>
        <source>level ≥ {0}</source>
        <translation>级别 ≥ {0}</translation>
    </message>
    <message>
        <source>filter…</source>
        <translation>筛选…</translation>
    </message>
    <message>
        <source>Part of the message (Ctrl+F)</source>
        <translation>日志内容中的文字（Ctrl+F）</translation>
    </message>
    <message>
        <source>Filter text</source>
        <translation>筛选文字</translation>
    </message>
    <message>
        <source>The text is a regular expression</source>
        <translation>将文字作为正则表达式</translation>
    </message>
    <message>
        <source>Regular expression</source>
        <translation>正则表达式</translation>
    </message>
    <message>
        <source>follow</source>
        <translation>跟随</translation>
    </message>
    <message>
        <source>Keep the newest line in sight (End)</source>
        <translation>始终显示最新一行（End）</translation>
    </message>
    <message>
        <source>Next error (F3)</source>
        <translation>下一个错误（F3）</translation>
    </message>
    <message>
        <source>Error before (Shift+F3)</source>
        <translation>上一个错误（Shift+F3）</translation>
    </message>
    <message>
        <source>Copy the selected lines (Ctrl+C)</source>
        <translation>复制选中的行（Ctrl+C）</translation>
    </message>
    <message>
        <source>Save the lines shown to a file…</source>
        <translation>将显示的行保存到文件…</translation>
    </message>
    <message>
        <source>Clear this view; the files keep all</source>
        <translation>清空此视图；日志文件仍完整保留</translation>
    </message>
    <message>
        <source>Open the folder of log files</source>
        <translation>打开日志文件夹</translation>
    </message>
    <message>
        <source>Go back in time</source>
        <translation>回到之前的时间</translation>
    </message>
    <message numerus="yes">
        <source>{0} minutes ago</source>
        <translation>
            <numerusform>{0} 分钟前</numerusform>
        </translation>
    </message>
    <message>
        <source>Save the lines shown</source>
        <translation>保存显示的行</translation>
    </message>
    <message>
        <source>Text files (*.txt)</source>
        <translation>文本文件 (*.txt)</translation>
    </message>
    <message>
        <source>Saving…</source>
        <translation>正在保存…</translation>
    </message>
    <message numerus="yes">
        <source>{0} lines saved to {1}</source>
        <translation>
            <numerusform>已将 {0} 行保存到 {1}</numerusform>
        </translation>
    </message>
    <message>
        <source>Not saved: {0}</source>
        <translation>未保存：{0}</translation>
    </message>
    <message>
        <source>Not a regular expression: {0}</source>
        <translation>不是有效的正则表达式：{0}</translation>
    </message>
    <message>
        <source>Looking through the lines… {0}</source>
        <translation>正在查找… {0}</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0} / {1}</translation>
    </message>
    <message numerus="yes">
        <source>{0} lines</source>
        <translation>
            <numerusform>{0} 行</numerusform>
        </translation>
    </message>
    <message>
        <source>The log files are in {0}</source>
        <translation>日志文件位于 {0}</translation>
    </message>
    <message>
        <source>No line passes the filter above.</source>
        <translation>没有符合上方筛选条件的日志。</translation>
    </message>
</context>
<context>
    <name>LogsPage</name>
    <message>
        <source>Logs</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Lines or timeline</source>
        <translation>日志行或时间线</translation>
    </message>
    <message>
        <source>Lines</source>
        <translation>日志行</translation>
    </message>
    <message>
        <source>What the workers wrote</source>
        <translation>各处理单元写下的内容</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>时间线</translation>
    </message>
    <message>
        <source>What happened, and when</source>
        <translation>何时发生了什么</translation>
    </message>
</context>
<context>
    <name>MachineChoice</name>
    <message>
        <source>, then </source>
        <translation>，其次 </translation>
    </message>
    <message>
        <source>The first</source>
        <translation>第一个</translation>
    </message>
    <message>
        <source>{0} (not available here)</source>
        <translation>{0}（此处不可用）</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Unfold the track diagram</source>
        <translation>展开轨道图</translation>
    </message>
    <message>
        <source>Fold the track diagram</source>
        <translation>收起轨道图</translation>
    </message>
    <message>
        <source>The window is too narrow for the whole track diagram</source>
        <translation>窗口太窄，放不下完整的轨道图</translation>
    </message>
    <message>
        <source>The alarm database was damaged. It is kept as {0}, and a new one was begun: alarms from before are not in it.</source>
        <translation>告警数据库已损坏，保存为 {0}，并新建了一个：其中没有以前的告警。</translation>
    </message>
</context>
<context>
    <name>MaintenanceDialog</name>
    <message>
        <source>Maintenance</source>
        <translation>维护</translation>
    </message>
    <message>
        <source>In these times no alarms are raised. Verdicts are stored all the same.</source>
        <translation>在这些时间内不发出告警，但结论照常存储。</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>From</source>
        <translation>从</translation>
    </message>
    <message>
        <source>Until</source>
        <translation>到</translation>
    </message>
    <message>
        <source>Repeats</source>
        <translation>重复</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Times of maintenance</source>
        <translation>维护时间</translation>
    </message>
    <message>
        <source>all cameras</source>
        <translation>所有摄像头</translation>
    </message>
    <message>
        <source>every week</source>
        <translation>每周</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Take away</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Put back</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>once</source>
        <translation>一次</translation>
    </message>
    <message>
        <source>“Until” must be later than “from”.</source>
        <translation>“到”必须晚于“从”。</translation>
    </message>
    <message>
        <source>What repeats every week must be shorter than a week.</source>
        <translation>每周重复的时段必须短于一周。</translation>
    </message>
    <message>
        <source>Kept.</source>
        <translation>已保存。</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>in force</source>
        <translation>生效中</translation>
    </message>
    <message>
        <source>over</source>
        <translation>已结束</translation>
    </message>
    <message>
        <source>to come</source>
        <translation>未开始</translation>
    </message>
</context>
<context>
    <name>MinuteDialog</name>
    <message>
        <source>Log lines of {0}</source>
        <translation>{0} 的日志行</translation>
    </message>
    <message>
        <source>Log lines</source>
        <translation>日志行</translation>
    </message>
    <message>
        <source>Reading the log files…</source>
        <translation>正在读取日志文件…</translation>
    </message>
    <message>
        <source>The log files hold no lines of that minute any more.</source>
        <translation>日志文件中已没有那一分钟的内容。</translation>
    </message>
    <message>
        <source>The log files cannot be read: {0}</source>
        <translation>无法读取日志文件：{0}</translation>
    </message>
</context>
<context>
    <name>ModelTest</name>
    <message>
        <source>Try it</source>
        <translation>试一试</translation>
    </message>
    <message>
        <source>Run the model on a picture, in a process of its own; nothing changes by it</source>
        <translation>在单独的进程中用一张图片运行模型；不会改变任何设置</translation>
    </message>
    <message>
        <source>Picture…</source>
        <translation>图片…</translation>
    </message>
    <message>
        <source>Try it on a picture of yours instead of the newest one of a camera</source>
        <translation>用您自己的图片来试，而不用摄像头的最新画面</translation>
    </message>
    <message>
        <source>Try the model to see here what it finds.</source>
        <translation>试一试模型，即可在此看到它识别出什么。</translation>
    </message>
    <message>
        <source>Trying the model…</source>
        <translation>正在试运行模型…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Not tried.</source>
        <translation>未试运行。</translation>
    </message>
    <message>
        <source>Picture to try the model on</source>
        <translation>用来试模型的图片</translation>
    </message>
    <message>
        <source>Pictures (*.jpg *.jpeg *.png *.bmp *.webp)</source>
        <translation>图片 (*.jpg *.jpeg *.png *.bmp *.webp)</translation>
    </message>
    <message>
        <source>What the model found</source>
        <translation>模型识别的结果</translation>
    </message>
    <message>
        <source>{0} on {1}, {2} at {3} × {4}. Found: {5}.</source>
        <translation>{0}，运行于 {1}，{2}（{3} × {4}）。识别出：{5}。</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>无</translation>
    </message>
    <message>
        <source>No boxes</source>
        <translation>没有识别框</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>再试一次</translation>
    </message>
    <message>
        <source>Take the model for {0} and try it</source>
        <translation>把模型当作 {0} 来试</translation>
    </message>
</context>
<context>
    <name>NavRail</name>
    <message>
        <source>{0} (Ctrl+{1})</source>
        <translation>{0} (Ctrl+{1})</translation>
    </message>
</context>
<context>
    <name>NoticeBar</name>
    <message>
        <source>Copy details</source>
        <translation>复制详情</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>NoticeTest</name>
    <message>
        <source>Send a test</source>
        <translation>发送测试</translation>
    </message>
    <message>
        <source>Send a test to the webhook</source>
        <translation>向 Webhook 发送测试</translation>
    </message>
    <message>
        <source>Send a test by mail</source>
        <translation>用邮件发送测试</translation>
    </message>
    <message>
        <source>With what is typed above, applied or not</source>
        <translation>使用上面填写的内容，无论是否已应用</translation>
    </message>
    <message>
        <source>Store the secret…</source>
        <translation>保存密钥…</translation>
    </message>
    <message>
        <source>Put it into the credential store of this system</source>
        <translation>放入本系统的凭据存储</translation>
    </message>
    <message>
        <source>Sending…</source>
        <translation>正在发送…</translation>
    </message>
    <message>
        <source>The webhook took the test.</source>
        <translation>Webhook 已接受测试。</translation>
    </message>
    <message>
        <source>The mail server took the test. See whether it arrives.</source>
        <translation>邮件服务器已接受测试。请查看是否收到。</translation>
    </message>
    <message>
        <source>The test failed: {0}.</source>
        <translation>测试失败：{0}。</translation>
    </message>
    <message>
        <source>It goes into the credential store of this system; settings name it only.</source>
        <translation>它会放入本系统的凭据存储；设置中只写它的名称。</translation>
    </message>
    <message>
        <source>Stored. Apply to use it.</source>
        <translation>已保存。点“应用”后使用。</translation>
    </message>
    <message>
        <source>Not stored: {0}. {1}</source>
        <translation>未保存：{0}。{1}</translation>
    </message>
    <message>
        <source>Store the password…</source>
        <translation>保存密码…</translation>
    </message>
</context>
<context>
    <name>Object</name>
    <message>
        <source>person</source>
        <translation>行人</translation>
    </message>
    <message>
        <source>bicycle</source>
        <translation>自行车</translation>
    </message>
    <message>
        <source>car</source>
        <translation>汽车</translation>
    </message>
    <message>
        <source>motorcycle</source>
        <translation>摩托车</translation>
    </message>
    <message>
        <source>bus</source>
        <translation>公交车</translation>
    </message>
    <message>
        <source>train</source>
        <translation>列车</translation>
    </message>
    <message>
        <source>truck</source>
        <translation>卡车</translation>
    </message>
    <message>
        <source>traffic light</source>
        <translation>交通灯</translation>
    </message>
    <message>
        <source>stop sign</source>
        <translation>停车标志</translation>
    </message>
    <message>
        <source>dog</source>
        <translation>狗</translation>
    </message>
</context>
<context>
    <name>Overall</name>
    <message>
        <source>{0} failed</source>
        <translation>{0}故障</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>停止中</translation>
    </message>
    <message>
        <source>{0} restarts</source>
        <translation>{0}等待重启</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>启动中</translation>
    </message>
    <message>
        <source>{0} degraded</source>
        <translation>{0}降级运行</translation>
    </message>
    <message>
        <source>All workers running</source>
        <translation>全部处理单元运行中</translation>
    </message>
    <message>
        <source>All workers stopped</source>
        <translation>全部处理单元已停止</translation>
    </message>
    <message>
        <source>{0} of {1} workers running</source>
        <translation>{0}/{1} 个处理单元运行中</translation>
    </message>
    <message>
        <source>All workers</source>
        <translation>全部处理单元</translation>
    </message>
</context>
<context>
    <name>Page</name>
    <message>
        <source>Live</source>
        <translation>实时</translation>
    </message>
    <message>
        <source>Alarms</source>
        <translation>告警</translation>
    </message>
    <message>
        <source>Pipeline</source>
        <translation>流水线</translation>
    </message>
    <message>
        <source>Kafka</source>
        <translation>Kafka</translation>
    </message>
    <message>
        <source>Logs</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Cameras</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
</context>
<context>
    <name>Pipeline</name>
    <message>
        <source>a retry could send a message twice or out of order</source>
        <translation>重试可能使消息重复发送或乱序</translation>
    </message>
    <message>
        <source>an offset could be stored before its message is handled, and a crash would lose it</source>
        <translation>偏移量可能在消息处理完之前就被保存，一旦崩溃就会丢失这条消息</translation>
    </message>
    <message>
        <source>finished offsets would never be committed, and a crash would repeat everything</source>
        <translation>处理完的偏移量将永远不会提交，一旦崩溃就会从头重复</translation>
    </message>
    <message>
        <source>Signalbox&apos;s promise to lose nothing rests on it</source>
        <translation>Signalbox 不丢数据的承诺以它为基础</translation>
    </message>
    <message>
        <source>Leave it at {wanted}, or take it out.</source>
        <translation>请保持为 {wanted}，或删除它。</translation>
    </message>
    <message>
        <source>broker {servers} is reached, but has acknowledged nothing for {wait_s:g} s; what is sent waits, nothing is lost. See the broker&apos;s own log</source>
        <translation>可以连接到 Broker {servers}，但它已有 {wait_s:g} 秒没有确认任何消息；已发送的消息在等待，不会丢失任何内容。请查看 Broker 自身的日志</translation>
    </message>
    <message>
        <source>Messages not sent back within the time for it: {left}; sent back: {delivered}.</source>
        <translation>{left} 条消息未能在限定时间内送回；已送回 {delivered} 条。</translation>
    </message>
    <message>
        <source>Set {name} = {value}.</source>
        <translation>请设置 {name} = {value}。</translation>
    </message>
    <message>
        <source>a retry may send a message twice or out of order</source>
        <translation>重试可能使一条消息重复发送或乱序</translation>
    </message>
    <message>
        <source>librdkafka&apos;s default is false (Java&apos;s is true)</source>
        <translation>librdkafka 的默认值是 false（Java 是 true）</translation>
    </message>
    <message>
        <source>a message may be lost when the leading broker fails</source>
        <translation>分区首领 Broker 故障时可能丢失消息</translation>
    </message>
    <message>
        <source>acks=1 waits for the leader only</source>
        <translation>acks=1 只等待首领副本</translation>
    </message>
    <message>
        <source>a crash loses the messages that were taken and not finished</source>
        <translation>崩溃会丢失已取走但未处理完的消息</translation>
    </message>
    <message>
        <source>by default an offset counts as done as soon as its message is handed out; with false, the program says so by store_offsets()</source>
        <translation>默认情况下消息一交出，其偏移量就算已完成；设为 false 时由程序通过 store_offsets() 来确认</translation>
    </message>
    <message>
        <source>messages of transactions that were given up are seen as well</source>
        <translation>会读到已中止的事务的消息</translation>
    </message>
    <message>
        <source>read_uncommitted is Java&apos;s default, not librdkafka&apos;s</source>
        <translation>read_uncommitted 是 Java 的默认值，不是 librdkafka 的</translation>
    </message>
    <message>
        <source>it holds no {what} in PEM form (text with -----BEGIN ...-----)</source>
        <translation>其中没有 PEM 格式（含 -----BEGIN ...----- 的文本）的{what}</translation>
    </message>
    <message>
        <source>Export it as PEM; keytool -exportcert -rfc does for Java keystores.</source>
        <translation>请导出为 PEM；Java 密钥库可用 keytool -exportcert -rfc 导出。</translation>
    </message>
    <message>
        <source>{location} does not exist or cannot be read</source>
        <translation>{location} 不存在或无法读取</translation>
    </message>
    <message>
        <source>Correct the path.</source>
        <translation>请改正路径。</translation>
    </message>
    <message>
        <source>ssl.keystore.location needs ssl.keystore.password</source>
        <translation>ssl.keystore.location 需要 ssl.keystore.password</translation>
    </message>
    <message>
        <source>Set ssl.keystore.password.</source>
        <translation>请设置 ssl.keystore.password。</translation>
    </message>
    <message>
        <source>https.ca.location and https.ca.pem exclude each other</source>
        <translation>https.ca.location 与 https.ca.pem 互斥</translation>
    </message>
    <message>
        <source>Take one of them out.</source>
        <translation>请删除其中一个。</translation>
    </message>
    <message>
        <source>the client is made, but would not be once security.protocol uses TLS</source>
        <translation>目前能创建客户端，但 security.protocol 一旦使用 TLS 就无法创建</translation>
    </message>
    <message>
        <source>private key</source>
        <translation>私钥</translation>
    </message>
    <message>
        <source>revocation list</source>
        <translation>吊销列表</translation>
    </message>
    <message>
        <source>this is a Java keystore (JKS); librdkafka reads PKCS#12</source>
        <translation>这是 Java 密钥库（JKS）；librdkafka 读取的是 PKCS#12</translation>
    </message>
    <message>
        <source>Convert it: keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12.</source>
        <translation>请转换：keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12。</translation>
    </message>
    <message>
        <source>OpenSSL knows none of these cipher suites</source>
        <translation>OpenSSL 不认识其中任何一个密码套件</translation>
    </message>
    <message>
        <source>Use OpenSSL&apos;s names separated by colons, or leave it out.</source>
        <translation>请使用 OpenSSL 的名称并以冒号分隔，或删除它。</translation>
    </message>
    <message>
        <source>a private key is of no use without its certificate</source>
        <translation>私钥没有对应的证书就毫无用处</translation>
    </message>
    <message>
        <source>Set ssl.certificate.location too.</source>
        <translation>请同时设置 ssl.certificate.location。</translation>
    </message>
    <message>
        <source>not readable as PEM</source>
        <translation>无法作为 PEM 读取</translation>
    </message>
    <message>
        <source>Write some of: {choices}.</source>
        <translation>请从中选写：{choices}。</translation>
    </message>
    <message>
        <source>certificate</source>
        <translation>证书</translation>
    </message>
    <message>
        <source>this is no PKCS#12 file</source>
        <translation>这不是 PKCS#12 文件</translation>
    </message>
    <message>
        <source>Name the .p12 or .pfx file.</source>
        <translation>请填写 .p12 或 .pfx 文件。</translation>
    </message>
    <message>
        <source>the client does not show its certificate</source>
        <translation>客户端不会出示证书</translation>
    </message>
    <message>
        <source>without its private key it cannot prove that the certificate is its own</source>
        <translation>没有私钥就无法证明证书属于自己</translation>
    </message>
    <message>
        <source>Set ssl.key.location too.</source>
        <translation>请同时设置 ssl.key.location。</translation>
    </message>
    <message>
        <source>key and certificate cannot be used together: {words}</source>
        <translation>密钥与证书无法配合使用：{words}</translation>
    </message>
    <message>
        <source>Name the key that belongs to the certificate, and its password.</source>
        <translation>请填写与证书配对的密钥及其密码。</translation>
    </message>
    <message>
        <source>OpenSSL has no provider {provider!r}</source>
        <translation>OpenSSL 没有提供程序“{provider}”</translation>
    </message>
    <message>
        <source>it names no provider</source>
        <translation>没有写出任何提供程序</translation>
    </message>
    <message>
        <source>anybody on the way can pose as the broker and read everything</source>
        <translation>中途的任何人都能冒充 Broker 并读取全部内容</translation>
    </message>
    <message>
        <source>the broker&apos;s certificate is not checked</source>
        <translation>未核对 Broker 的证书</translation>
    </message>
    <message>
        <source>Use true, and name the authority in ssl.ca.location.</source>
        <translation>请使用 true，并在 ssl.ca.location 中指定颁发机构。</translation>
    </message>
    <message>
        <source>any holder of a certificate of the same authority can pose as the broker</source>
        <translation>持有同一颁发机构证书的任何人都能冒充 Broker</translation>
    </message>
    <message>
        <source>the broker&apos;s name is not compared with its certificate</source>
        <translation>未将 Broker 的名称与其证书核对</translation>
    </message>
    <message>
        <source>Use https.</source>
        <translation>请使用 https。</translation>
    </message>
    <message>
        <source>it does nothing</source>
        <translation>它不起作用</translation>
    </message>
    <message>
        <source>security.protocol is {protocol}, without TLS</source>
        <translation>security.protocol 是 {protocol}，没有 TLS</translation>
    </message>
    <message>
        <source>Use security.protocol = SSL or SASL_SSL, or take this out.</source>
        <translation>请使用 security.protocol = SSL 或 SASL_SSL，或删除它。</translation>
    </message>
    <message>
        <source>Move it to [{scope}].</source>
        <translation>请移到 [{scope}]。</translation>
    </message>
    <message>
        <source>{first} and {second} are two names of one property</source>
        <translation>{first} 和 {second} 是同一属性的两个名称</translation>
    </message>
    <message>
        <source>Keep one of them.</source>
        <translation>请只保留一个。</translation>
    </message>
    <message>
        <source>nothing, as both are the same</source>
        <translation>没有影响，因为两处相同</translation>
    </message>
    <message>
        <source>{first!r} does not count, {last!r} does</source>
        <translation>“{first}”不生效，“{last}”生效</translation>
    </message>
    <message>
        <source>it is set again later (line {line}), and the last one wins</source>
        <translation>后面（第 {line} 行）又设置了一次，以最后一次为准</translation>
    </message>
    <message>
        <source>it is set again later, and the last one wins</source>
        <translation>后面又设置了一次，以最后一次为准</translation>
    </message>
    <message>
        <source>Java clients</source>
        <translation>Java 客户端</translation>
    </message>
    <message>
        <source>librdkafka {version} does not know it</source>
        <translation>librdkafka {version} 不认识它</translation>
    </message>
    <message>
        <source>Leave it out: {note}.</source>
        <translation>请删除：{note}。</translation>
    </message>
    <message>
        <source>Did you mean {near}? Rename it.</source>
        <translation>是否想写 {near}？请改名。</translation>
    </message>
    <message>
        <source>Take it out.</source>
        <translation>请删除它。</translation>
    </message>
    <message>
        <source>names are case-sensitive</source>
        <translation>名称区分大小写</translation>
    </message>
    <message>
        <source>librdkafka takes it</source>
        <translation>librdkafka 会接受它</translation>
    </message>
    <message>
        <source>it is left out of librdkafka&apos;s documentation: for its own tests and bindings</source>
        <translation>librdkafka 的文档未列出它：仅供其自身测试和语言绑定使用</translation>
    </message>
    <message>
        <source>it is a name of Java clients; librdkafka has sasl.username and sasl.password for PLAIN and SCRAM, sasl.kerberos.* and sasl.oauthbearer.* for the others</source>
        <translation>这是 Java 客户端的名称；librdkafka 对 PLAIN 和 SCRAM 使用 sasl.username 与 sasl.password，其他机制使用 sasl.kerberos.* 和 sasl.oauthbearer.*</translation>
    </message>
    <message>
        <source>Use {target}.</source>
        <translation>请使用 {target}。</translation>
    </message>
    <message>
        <source>it is a name of {origin}</source>
        <translation>这是 {origin} 的名称</translation>
    </message>
    <message>
        <source>librdkafka refuses the value of this internal property</source>
        <translation>librdkafka 拒绝这个内部属性的值</translation>
    </message>
    <message>
        <source>Use {names} instead.</source>
        <translation>请改用 {names}。</translation>
    </message>
    <message>
        <source>Use sasl.username and sasl.password instead.</source>
        <translation>请改用 sasl.username 和 sasl.password。</translation>
    </message>
    <message>
        <source>Use {target}: {note}.</source>
        <translation>请使用 {target}：{note}。</translation>
    </message>
    <message>
        <source>Use {target} = {value}: {note}.</source>
        <translation>请使用 {target} = {value}：{note}。</translation>
    </message>
    <message>
        <source>librdkafka does not check addresses: it would try for ever in vain</source>
        <translation>librdkafka 不检查地址：它会一直徒劳地尝试</translation>
    </message>
    <message>
        <source>the client can never connect</source>
        <translation>客户端永远无法连接</translation>
    </message>
    <message>
        <source>no broker is named, and librdkafka only logs a notice</source>
        <translation>没有写出任何 Broker，而 librdkafka 只在日志中提示</translation>
    </message>
    <message>
        <source>Name at least one host:port, unless the program adds it.</source>
        <translation>请至少填写一个 host:port，除非由程序补上。</translation>
    </message>
    <message>
        <source>no broker is named</source>
        <translation>没有写出任何 Broker</translation>
    </message>
    <message>
        <source>Name at least one host:port.</source>
        <translation>请至少填写一个 host:port。</translation>
    </message>
    <message>
        <source>{server!r} is no address of a broker</source>
        <translation>“{server}”不是 Broker 地址</translation>
    </message>
    <message>
        <source>Write host:port, several of them separated by commas.</source>
        <translation>请写成 host:port，多个之间用逗号分隔。</translation>
    </message>
    <message>
        <source>{server!r} is a web address</source>
        <translation>“{server}”是网页地址</translation>
    </message>
    <message>
        <source>Write host:port.</source>
        <translation>请写成 host:port。</translation>
    </message>
    <message>
        <source>librdkafka has assignment strategies for the type consumer only</source>
        <translation>librdkafka 只有 consumer 类型才有分配策略</translation>
    </message>
    <message>
        <source>{server!r} and all servers after it are passed over</source>
        <translation>“{server}”及其后的所有服务器都会被跳过</translation>
    </message>
    <message>
        <source>it says {scheme}, while security.protocol is {protocol}</source>
        <translation>它写的是 {scheme}，而 security.protocol 是 {protocol}</translation>
    </message>
    <message>
        <source>Set security.protocol = {scheme}, or write host:port alone.</source>
        <translation>请设置 security.protocol = {scheme}，或只写 host:port。</translation>
    </message>
    <message>
        <source>reconnect.backoff.max.ms ({high}) must not be below reconnect.backoff.ms ({low})</source>
        <translation>reconnect.backoff.max.ms（{high}）不得小于 reconnect.backoff.ms（{low}）</translation>
    </message>
    <message>
        <source>Use at least {low} for reconnect.backoff.max.ms.</source>
        <translation>reconnect.backoff.max.ms 请至少设为 {low}。</translation>
    </message>
    <message>
        <source>every wait is {ceiling} ms and never grows</source>
        <translation>每次都等待 {ceiling} ms，不会递增</translation>
    </message>
    <message>
        <source>{name} ({value}) is above retry.backoff.max.ms ({ceiling})</source>
        <translation>{name}（{value}）大于 retry.backoff.max.ms（{ceiling}）</translation>
    </message>
    <message>
        <source>Set retry.backoff.max.ms to {least} or more.</source>
        <translation>请将 retry.backoff.max.ms 设为 {least} 或更大。</translation>
    </message>
    <message>
        <source>there is no strategy {strategy!r} here</source>
        <translation>这里没有策略“{strategy}”</translation>
    </message>
    <message>
        <source>the list ends with a comma and a space, which is read as a strategy without a name</source>
        <translation>列表以逗号加空格结尾，会被当作一个没有名称的策略</translation>
    </message>
    <message>
        <source>Write {meant}.</source>
        <translation>请写 {meant}。</translation>
    </message>
    <message>
        <source>eager strategies (range, roundrobin) and cooperative ones cannot be mixed</source>
        <translation>即时式策略（range、roundrobin）与协作式策略不能混用</translation>
    </message>
    <message>
        <source>Write cooperative-sticky, or range,roundrobin; not both.</source>
        <translation>请写 cooperative-sticky 或 range,roundrobin，二者只取其一。</translation>
    </message>
    <message>
        <source>librdkafka refuses it, and the consumer is not made</source>
        <translation>librdkafka 会拒绝它，消费者无法创建</translation>
    </message>
    <message>
        <source>the consumer is not made</source>
        <translation>消费者无法创建</translation>
    </message>
    <message>
        <source>no consumer group is named, and confluent-kafka asks for one (ValueError)</source>
        <translation>没有指定消费者组，而 confluent-kafka 要求指定（ValueError）</translation>
    </message>
    <message>
        <source>Name one.</source>
        <translation>请指定一个。</translation>
    </message>
    <message>
        <source>group.remote.assignor takes its place</source>
        <translation>由 group.remote.assignor 代替</translation>
    </message>
    <message>
        <source>the broker decides it</source>
        <translation>由 Broker 决定</translation>
    </message>
    <message>
        <source>a consumer takes 1 to {most} (the table&apos;s wider range is for share consumers)</source>
        <translation>消费者可取 1 到 {most}（表中更宽的范围仅适用于共享消费者）</translation>
    </message>
    <message>
        <source>Use {near}.</source>
        <translation>请使用 {near}。</translation>
    </message>
    <message>
        <source>fetch.max.bytes must not be below message.max.bytes ({largest})</source>
        <translation>fetch.max.bytes 不得小于 message.max.bytes（{largest}）</translation>
    </message>
    <message>
        <source>Use at least {least}.</source>
        <translation>请至少设为 {least}。</translation>
    </message>
    <message>
        <source>it must hold a whole answer: fetch.max.bytes ({fetch}) and 512 bytes of framing</source>
        <translation>它必须容纳一个完整的响应：fetch.max.bytes（{fetch}）加 512 字节的帧头</translation>
    </message>
    <message>
        <source>Use at least {least}, or leave it out.</source>
        <translation>请至少设为 {least}，或删除它。</translation>
    </message>
    <message>
        <source>with group.protocol=consumer it may not be set: {instead}</source>
        <translation>group.protocol=consumer 时不得设置：{instead}</translation>
    </message>
    <message>
        <source>Take it out, or use group.protocol = classic.</source>
        <translation>请删除它，或使用 group.protocol = classic。</translation>
    </message>
    <message>
        <source>max.poll.interval.ms ({poll}) is below session.timeout.ms = {session}</source>
        <translation>max.poll.interval.ms（{poll}）小于 session.timeout.ms = {session}</translation>
    </message>
    <message>
        <source>Use at least {session} for max.poll.interval.ms.</source>
        <translation>max.poll.interval.ms 请至少设为 {session}。</translation>
    </message>
    <message>
        <source>too few heartbeats (every {heartbeat} ms) fit into session.timeout.ms = {session}</source>
        <translation>在 session.timeout.ms = {session} 内心跳次数太少（每 {heartbeat} ms 一次）</translation>
    </message>
    <message>
        <source>Use at most {most} for heartbeat.interval.ms.</source>
        <translation>heartbeat.interval.ms 请不超过 {most}。</translation>
    </message>
    <message>
        <source>only group.protocol=consumer asks the broker to assign partitions</source>
        <translation>只有 group.protocol=consumer 时才由 Broker 分配分区</translation>
    </message>
    <message>
        <source>Use partition.assignment.strategy, or group.protocol = consumer (Kafka 4).</source>
        <translation>请使用 partition.assignment.strategy，或 group.protocol = consumer（Kafka 4）。</translation>
    </message>
    <message>
        <source>a fetch ends at {fetch} bytes</source>
        <translation>一次拉取到 {fetch} 字节为止</translation>
    </message>
    <message>
        <source>fetch.max.bytes bounds the answer for all partitions together</source>
        <translation>fetch.max.bytes 限制所有分区响应的总和</translation>
    </message>
    <message>
        <source>Use at most {most}.</source>
        <translation>请不超过 {most}。</translation>
    </message>
    <message>
        <source>one fetch overshoots the queue, and fetching stops and starts</source>
        <translation>一次拉取就会超出队列，拉取时断时续</translation>
    </message>
    <message>
        <source>fetch.message.max.bytes is {per_partition} bytes per partition</source>
        <translation>fetch.message.max.bytes 为每分区 {per_partition} 字节</translation>
    </message>
    <message>
        <source>fetches without messages may time out and block what comes after them</source>
        <translation>没有消息的拉取可能超时，并阻塞其后的请求</translation>
    </message>
    <message>
        <source>fetch.wait.max.ms ({wait}) should be 1000 ms below socket.timeout.ms ({timeout})</source>
        <translation>fetch.wait.max.ms（{wait}）应比 socket.timeout.ms（{timeout}）小 1000 ms</translation>
    </message>
    <message>
        <source>enable.auto.commit is false</source>
        <translation>enable.auto.commit 为 false</translation>
    </message>
    <message>
        <source>Take it out, or use enable.auto.commit = true.</source>
        <translation>请删除它，或使用 enable.auto.commit = true。</translation>
    </message>
    <message>
        <source>an offset is stored when the message is handed out, before it is handled, and enable.auto.commit commits it by itself</source>
        <translation>偏移量在消息交出时、处理之前就被保存，而 enable.auto.commit 会自动提交它</translation>
    </message>
    <message>
        <source>Use enable.auto.offset.store = false, and store_offsets() when the work is done.</source>
        <translation>请使用 enable.auto.offset.store = false，并在处理完成后调用 store_offsets()。</translation>
    </message>
    <message>
        <source>the whole process dies when the consumer is made (on Windows at its first use)</source>
        <translation>创建消费者时整个进程会崩溃（在 Windows 上是首次使用时）</translation>
    </message>
    <message>
        <source>no consumer group is named, and confluent-kafka checks that by an assertion</source>
        <translation>没有指定消费者组，而 confluent-kafka 用断言检查这一点</translation>
    </message>
    <message>
        <source>the member is thrown out of its group again and again</source>
        <translation>该成员会一次又一次被踢出消费者组</translation>
    </message>
    <message>
        <source>one lost packet may throw the member out of its group</source>
        <translation>丢一个数据包就可能使该成员被踢出消费者组</translation>
    </message>
    <message>
        <source>Use a smaller fetch.wait.max.ms.</source>
        <translation>请使用更小的 fetch.wait.max.ms。</translation>
    </message>
    <message>
        <source>Use a larger socket.timeout.ms.</source>
        <translation>请使用更大的 socket.timeout.ms。</translation>
    </message>
    <message>
        <source>offsets are committed only when the consumer closes</source>
        <translation>偏移量只在消费者关闭时提交</translation>
    </message>
    <message>
        <source>0 turns the interval off although enable.auto.commit is true</source>
        <translation>0 会关闭定时提交，尽管 enable.auto.commit 为 true</translation>
    </message>
    <message>
        <source>Use 5000, or enable.auto.commit = false.</source>
        <translation>请使用 5000，或 enable.auto.commit = false。</translation>
    </message>
    <message>
        <source>method=oidc needs to know where tokens are made</source>
        <translation>method=oidc 需要知道令牌从何处获取</translation>
    </message>
    <message>
        <source>Set sasl.oauthbearer.token.endpoint.url.</source>
        <translation>请设置 sasl.oauthbearer.token.endpoint.url。</translation>
    </message>
    <message>
        <source>aws_iam needs sasl.oauthbearer.method=oidc, in small letters</source>
        <translation>aws_iam 需要 sasl.oauthbearer.method=oidc（小写）</translation>
    </message>
    <message>
        <source>Set sasl.oauthbearer.method = oidc, or take this out.</source>
        <translation>请设置 sasl.oauthbearer.method = oidc，或删除它。</translation>
    </message>
    <message>
        <source>aws_iam needs a region and an audience</source>
        <translation>aws_iam 需要区域（region）和受众（audience）</translation>
    </message>
    <message>
        <source>Set sasl.oauthbearer.config = region=... audience=...</source>
        <translation>请设置 sasl.oauthbearer.config = region=... audience=...。</translation>
    </message>
    <message>
        <source>aws_iam needs the Python package boto3, which is not installed</source>
        <translation>aws_iam 需要 Python 包 boto3，但它尚未安装</translation>
    </message>
    <message>
        <source>Install confluent-kafka[oauthbearer-aws], or take this out.</source>
        <translation>请安装 confluent-kafka[oauthbearer-aws]，或删除它。</translation>
    </message>
    <message>
        <source>the client is made and never logs in, unless the program passes oauth_cb</source>
        <translation>客户端能创建但永远无法登录，除非程序传入 oauth_cb</translation>
    </message>
    <message>
        <source>nothing says where the token comes from</source>
        <translation>没有说明令牌从何而来</translation>
    </message>
    <message>
        <source>Set sasl.oauthbearer.method = oidc with its address, client id and secret.</source>
        <translation>请设置 sasl.oauthbearer.method = oidc，以及其地址、客户端 ID 和密钥。</translation>
    </message>
    <message>
        <source>unsigned tokens and sasl.oauthbearer.method=oidc exclude each other</source>
        <translation>未签名令牌与 sasl.oauthbearer.method=oidc 互斥</translation>
    </message>
    <message>
        <source>the name of a claim may not be empty</source>
        <translation>声明的名称不能为空</translation>
    </message>
    <message>
        <source>it and {other} exclude each other</source>
        <translation>它与 {other} 互斥</translation>
    </message>
    <message>
        <source>librdkafka expects name=value pairs with commas here, and does not check them</source>
        <translation>librdkafka 在此需要以逗号分隔的“名称=值”，却不作检查</translation>
    </message>
    <message>
        <source>Write query=... first.</source>
        <translation>请先写 query=...。</translation>
    </message>
    <message>
        <source>method=oidc needs {name}</source>
        <translation>method=oidc 需要 {name}</translation>
    </message>
    <message>
        <source>Set {name}.</source>
        <translation>请设置 {name}。</translation>
    </message>
    <message>
        <source>the grant type jwt-bearer needs a key to sign with</source>
        <translation>授权类型 jwt-bearer 需要用于签名的密钥</translation>
    </message>
    <message>
        <source>idempotence</source>
        <translation>幂等性</translation>
    </message>
    <message>
        <source>a message must live longer (message.timeout.ms is {timeout}) than it waits for its batch ({linger:g} ms)</source>
        <translation>消息的存活时间（message.timeout.ms 为 {timeout}）必须长于它等待批次的时间（{linger:g} ms）</translation>
    </message>
    <message>
        <source>Use a smaller linger.ms, such as {shorter}.</source>
        <translation>请使用更小的 linger.ms，例如 {shorter}。</translation>
    </message>
    <message>
        <source>librdkafka refuses the pair, and the producer is not made</source>
        <translation>librdkafka 会拒绝这一组合，生产者无法创建</translation>
    </message>
    <message>
        <source>transactional.id needs enable.idempotence=true</source>
        <translation>transactional.id 需要 enable.idempotence=true</translation>
    </message>
    <message>
        <source>Use enable.idempotence = true, or leave transactional.id out.</source>
        <translation>请使用 enable.idempotence = true，或删除 transactional.id。</translation>
    </message>
    <message>
        <source>transaction.timeout.ms = {limit} is so large that librdkafka&apos;s comparison overflows</source>
        <translation>transaction.timeout.ms = {limit} 太大，librdkafka 比较时会溢出</translation>
    </message>
    <message>
        <source>Use a smaller transaction.timeout.ms, such as 60000.</source>
        <translation>请使用更小的 transaction.timeout.ms，例如 60000。</translation>
    </message>
    <message>
        <source>{why} allows at most 5 requests in flight, or their order could not be kept</source>
        <translation>{why} 最多允许 5 个在途请求，否则无法保持顺序</translation>
    </message>
    <message>
        <source>Use 5 or less.</source>
        <translation>请使用 5 或更小的值。</translation>
    </message>
    <message>
        <source>{why} is about sending again safely, so retries may not be 0</source>
        <translation>{why} 的意义就是安全重发，因此 retries 不能为 0</translation>
    </message>
    <message>
        <source>Leave it out; message.timeout.ms bounds the retries.</source>
        <translation>请删除它；重试由 message.timeout.ms 限制。</translation>
    </message>
    <message>
        <source>{why} needs the threshold 1</source>
        <translation>{why} 需要阈值为 1</translation>
    </message>
    <message>
        <source>Leave it out.</source>
        <translation>请将它删除。</translation>
    </message>
    <message>
        <source>{why} needs the acknowledgement of all in-sync replicas</source>
        <translation>{why} 需要所有同步副本的确认</translation>
    </message>
    <message>
        <source>Use acks = all.</source>
        <translation>请使用 acks = all。</translation>
    </message>
    <message>
        <source>{why} keeps the order, so the queue must be fifo</source>
        <translation>{why} 要保持顺序，因此队列必须为 fifo</translation>
    </message>
    <message>
        <source>a message must not outlive its transaction: transaction.timeout.ms is {limit}</source>
        <translation>消息不得比其事务存活更久：transaction.timeout.ms 为 {limit}</translation>
    </message>
    <message>
        <source>enable.gapless.guarantee needs enable.idempotence=true</source>
        <translation>enable.gapless.guarantee 需要 enable.idempotence=true</translation>
    </message>
    <message>
        <source>Set enable.idempotence = true, or take this out.</source>
        <translation>请设置 enable.idempotence = true，或删除它。</translation>
    </message>
    <message>
        <source>a request must not outlive its transaction: transaction.timeout.ms is {limit}</source>
        <translation>请求不得比其事务存活更久：transaction.timeout.ms 为 {limit}</translation>
    </message>
    <message>
        <source>messages can be lost without anybody hearing of it</source>
        <translation>消息可能丢失而无人知晓</translation>
    </message>
    <message>
        <source>with acks=0 the broker never answers</source>
        <translation>acks=0 时 Broker 从不应答</translation>
    </message>
    <message>
        <source>a message gives up before the broker does</source>
        <translation>消息会先于 Broker 放弃</translation>
    </message>
    <message>
        <source>request.timeout.ms is above message.timeout.ms ({timeout})</source>
        <translation>request.timeout.ms 大于 message.timeout.ms（{timeout}）</translation>
    </message>
    <message>
        <source>batches end at {largest} bytes</source>
        <translation>批次到 {largest} 字节为止</translation>
    </message>
    <message>
        <source>message.max.bytes bounds a request, and a batch is sent in one</source>
        <translation>message.max.bytes 限制单个请求，而一个批次就在一个请求中发送</translation>
    </message>
    <message>
        <source>Use at most {largest}, or raise message.max.bytes (and the broker&apos;s).</source>
        <translation>请不超过 {largest}，或调大 message.max.bytes（以及 Broker 的对应设置）。</translation>
    </message>
    <message>
        <source>a large message never fits into the queue (BufferError)</source>
        <translation>大消息永远放不进队列（BufferError）</translation>
    </message>
    <message>
        <source>message.max.bytes allows {largest} bytes</source>
        <translation>message.max.bytes 允许 {largest} 字节</translation>
    </message>
    <message>
        <source>brokers refuse every message (INVALID_REQUIRED_ACKS)</source>
        <translation>Broker 会拒绝每条消息（INVALID_REQUIRED_ACKS）</translation>
    </message>
    <message>
        <source>brokers know only 0, 1 and all; librdkafka passes {acks} on unchecked</source>
        <translation>Broker 只认 0、1 和 all；librdkafka 会不加检查地传递 {acks}</translation>
    </message>
    <message>
        <source>the producer is made, and fails with its first message</source>
        <translation>生产者能创建，但发送第一条消息时就失败</translation>
    </message>
    <message>
        <source>the codec uses the nearest level that it has</source>
        <translation>编解码器会采用它支持的最接近级别</translation>
    </message>
    <message>
        <source>{codec} knows levels {low} to {high}</source>
        <translation>{codec} 支持级别 {low} 到 {high}</translation>
    </message>
    <message>
        <source>no compression.type is set</source>
        <translation>没有设置 compression.type</translation>
    </message>
    <message>
        <source>Set compression.type, or take this out.</source>
        <translation>请设置 compression.type，或删除它。</translation>
    </message>
    <message>
        <source>there is no SASL mechanism {mechanism!r}: its name is written in capitals</source>
        <translation>没有 SASL 机制“{mechanism}”：其名称须用大写</translation>
    </message>
    <message>
        <source>there is no SASL mechanism {mechanism!r}</source>
        <translation>没有 SASL 机制“{mechanism}”</translation>
    </message>
    <message>
        <source>Write {upper}.</source>
        <translation>请写成 {upper}。</translation>
    </message>
    <message>
        <source>Write one of: {choices}.</source>
        <translation>请写其中之一：{choices}。</translation>
    </message>
    <message>
        <source>the client does not log in</source>
        <translation>客户端不会登录</translation>
    </message>
    <message>
        <source>security.protocol is {protocol}, without SASL</source>
        <translation>security.protocol 是 {protocol}，没有 SASL</translation>
    </message>
    <message>
        <source>Use security.protocol = SASL_SSL (or SASL_PLAINTEXT), or take the sasl.* lines out.</source>
        <translation>请使用 security.protocol = SASL_SSL（或 SASL_PLAINTEXT），或删除 sasl.* 各行。</translation>
    </message>
    <message>
        <source>Use sasl.mechanism = SCRAM-SHA-512 or another one that the brokers offer; Kerberos needs the Windows build, or a librdkafka built with libsasl2.</source>
        <translation>请使用 sasl.mechanism = SCRAM-SHA-512 或 Broker 提供的其他机制；Kerberos 需要 Windows 版本，或以 libsasl2 编译的 librdkafka。</translation>
    </message>
    <message>
        <source>{mechanism} needs sasl.username and sasl.password</source>
        <translation>{mechanism} 需要 sasl.username 和 sasl.password</translation>
    </message>
    <message>
        <source>the password crosses the network in clear text</source>
        <translation>密码以明文通过网络</translation>
    </message>
    <message>
        <source>the mechanism PLAIN sends it as it is, and SASL_PLAINTEXT does not encrypt</source>
        <translation>PLAIN 机制原样发送密码，而 SASL_PLAINTEXT 不加密</translation>
    </message>
    <message>
        <source>Use security.protocol = SASL_SSL, or a SCRAM mechanism.</source>
        <translation>请使用 security.protocol = SASL_SSL，或使用 SCRAM 机制。</translation>
    </message>
    <message>
        <source>this build of librdkafka {version} lacks {mechanism}</source>
        <translation>此版 librdkafka {version} 不支持 {mechanism}</translation>
    </message>
    <message>
        <source>this build of librdkafka {version} lacks {mechanism}, which is the default where no sasl.mechanism is set</source>
        <translation>此版 librdkafka {version} 不支持 {mechanism}，而未设置 sasl.mechanism 时默认使用它</translation>
    </message>
    <message>
        <source>the line is not understood</source>
        <translation>这一行无法理解</translation>
    </message>
    <message>
        <source>a property is a name, an equals sign and a value</source>
        <translation>属性由名称、等号和值组成</translation>
    </message>
    <message>
        <source>Write name = value; a line that begins with # is a comment.</source>
        <translation>请写成“名称 = 值”；以 # 开头的行是注释。</translation>
    </message>
    <message>
        <source>what stands below it goes to the section before</source>
        <translation>其下的内容会归入前一节</translation>
    </message>
    <message>
        <source>there is no section {name}</source>
        <translation>没有 {name} 这一节</translation>
    </message>
    <message>
        <source>Write [{close}].</source>
        <translation>请写 [{close}]。</translation>
    </message>
    <message>
        <source>Write [common], [producer] or [consumer].</source>
        <translation>请写 [common]、[producer] 或 [consumer]。</translation>
    </message>
    <message>
        <source>the settings file is refused</source>
        <translation>设置文件会被拒绝</translation>
    </message>
    <message>
        <source>without quotes, TOML makes tables of the dots in a name</source>
        <translation>没有引号时，TOML 会把名称中的点当作表</translation>
    </message>
    <message>
        <source>Write &quot;{name}&quot; in quotes.</source>
        <translation>请把 &quot;{name}&quot; 写在引号内。</translation>
    </message>
    <message>
        <source>workers do not start</source>
        <translation>处理单元不会启动</translation>
    </message>
    <message>
        <source>{setting} decides it for all of Signalbox</source>
        <translation>整个 Signalbox 由 {setting} 决定它</translation>
    </message>
    <message>
        <source>Set {setting} instead, and take this out.</source>
        <translation>请改为设置 {setting}，并删除它。</translation>
    </message>
    <message>
        <source>whoever can read the settings file, or a copy of it, has the secret</source>
        <translation>能读到设置文件或其副本的人都会得到此密码</translation>
    </message>
    <message>
        <source>it stands there as it is</source>
        <translation>它以明文写在那里</translation>
    </message>
    <message>
        <source>Keep it in the credential store and write keyring:NAME in its place, or env:NAME and set that environment variable.</source>
        <translation>请将它保存到凭据库并在此处写 keyring:名称，或写 env:名称并设置该环境变量。</translation>
    </message>
    <message>
        <source>Move it to the {client}, or take it out.</source>
        <translation>请将它移到{client}，或删除它。</translation>
    </message>
    <message>
        <source>librdkafka knows it only for share consumers</source>
        <translation>librdkafka 只对共享消费者认识它</translation>
    </message>
    <message>
        <source>Java&apos;s {name} is {meant} on {client}; use that, or take it out.</source>
        <translation>Java 的 {name} 在{client}上是 {meant}；请用它代替，或删除它。</translation>
    </message>
    <message>
        <source>librdkafka knows it only for share consumers, and takes it in silence elsewhere; versions before 2.15 refused it (No such configuration property). A consumer gets its messages in batches by consume(num_messages=N)</source>
        <translation>librdkafka 只对共享消费者认识它，在别处则默默接受；2.15 之前的版本会拒绝它（No such configuration property）。消费者通过 consume(num_messages=N) 成批获取消息</translation>
    </message>
    <message>
        <source>Take it out; queued.max.messages.kbytes bounds what is fetched ahead, which is another thing.</source>
        <translation>请删除它；queued.max.messages.kbytes 限制预取的数量，那是另一回事。</translation>
    </message>
    <message>
        <source>librdkafka sees the brackets and quotes as part of the value</source>
        <translation>librdkafka 会把方括号和引号当作值的一部分</translation>
    </message>
    <message>
        <source>it takes one text; lists are written with commas</source>
        <translation>它只接受一个文本；列表用逗号书写</translation>
    </message>
    <message>
        <source>Write {joined!r}.</source>
        <translation>请写成“{joined}”。</translation>
    </message>
    <message>
        <source>it does nothing on {client}</source>
        <translation>它在{client}上不起作用</translation>
    </message>
    <message>
        <source>it is a {client} property; librdkafka takes it and ignores it</source>
        <translation>这是{client}的属性；librdkafka 接受它但会忽略</translation>
    </message>
    <message>
        <source>a producer</source>
        <translation>生产者</translation>
    </message>
    <message>
        <source>a consumer</source>
        <translation>消费者</translation>
    </message>
    <message>
        <source>an admin client</source>
        <translation>管理客户端</translation>
    </message>
    <message>
        <source>producer</source>
        <translation>生产者</translation>
    </message>
    <message>
        <source>consumer</source>
        <translation>消费者</translation>
    </message>
    <message>
        <source>the client cannot call a text</source>
        <translation>客户端无法调用文本</translation>
    </message>
    <message>
        <source>confluent-kafka expects a Python function here</source>
        <translation>confluent-kafka 在此需要一个 Python 函数</translation>
    </message>
    <message>
        <source>Pass a function in the program, and take this line out.</source>
        <translation>请在程序中传入函数，并删除此行。</translation>
    </message>
    <message>
        <source>the producer is not made: TypeError</source>
        <translation>生产者无法创建：TypeError</translation>
    </message>
    <message>
        <source>confluent-kafka reads this one property itself and takes only Python&apos;s True or False, not a text</source>
        <translation>confluent-kafka 自行读取这一属性，只接受 Python 的 True 或 False，不接受文本</translation>
    </message>
    <message>
        <source>Leave it out, or pass a bool in the program.</source>
        <translation>请将它删除，或在程序中传入布尔值。</translation>
    </message>
    <message>
        <source>it works in librdkafka {version}, perhaps not in a later one</source>
        <translation>它在 librdkafka {version} 中有效，以后的版本不一定</translation>
    </message>
    <message>
        <source>librdkafka calls it deprecated: {meaning}</source>
        <translation>librdkafka 已将它弃用：{meaning}</translation>
    </message>
    <message>
        <source>librdkafka calls it experimental: {meaning}</source>
        <translation>librdkafka 将它列为实验性：{meaning}</translation>
    </message>
    <message>
        <source>{name} is {target} here</source>
        <translation>{name} 在这里是 {target}</translation>
    </message>
    <message>
        <source>librdkafka&apos;s default is false: retries may repeat</source>
        <translation>librdkafka 的默认值是 false：重试可能造成重复</translation>
    </message>
    <message>
        <source>librdkafka&apos;s default is consistent_random: the same key goes to another partition</source>
        <translation>librdkafka 的默认值是 consistent_random：同一个键会进入另一个分区</translation>
    </message>
    <message>
        <source>librdkafka&apos;s default is 300000</source>
        <translation>librdkafka 的默认值是 300000</translation>
    </message>
    <message>
        <source>librdkafka&apos;s default is read_committed: aborted messages are left out</source>
        <translation>librdkafka 的默认值是 read_committed：不读已中止的消息</translation>
    </message>
    <message>
        <source>librdkafka&apos;s default is false: damage on the way goes unseen</source>
        <translation>librdkafka 的默认值是 false：传输中的损坏不会被发现</translation>
    </message>
    <message>
        <source>librdkafka&apos;s default for consumers is false</source>
        <translation>librdkafka 对消费者的默认值是 false</translation>
    </message>
    <message>
        <source>neither a Java name nor one of librdkafka: left as it is</source>
        <translation>既不是 Java 的名称，也不是 librdkafka 的：保持原样</translation>
    </message>
    <message>
        <source>nothing like it: {note}</source>
        <translation>没有对应项：{note}</translation>
    </message>
    <message>
        <source>batch.size=0 turns batching off in Java; here batch.num.messages=1 does</source>
        <translation>在 Java 中 batch.size=0 关闭批处理；这里用 batch.num.messages=1</translation>
    </message>
    <message>
        <source>{old!r} became {new!r}</source>
        <translation>“{old}”变为“{new}”</translation>
    </message>
    <message>
        <source>no user and password found in it; set sasl.username and sasl.password, or sasl.oauthbearer.*</source>
        <translation>其中没有找到用户和密码；请设置 sasl.username 和 sasl.password，或 sasl.oauthbearer.*</translation>
    </message>
    <message>
        <source>only the digits are read: {value}</source>
        <translation>只读取数字部分：{value}</translation>
    </message>
    <message>
        <source>librdkafka ignores the unit or whatever else follows the number ({tail!r})</source>
        <translation>librdkafka 会忽略单位或数字后面的其他内容（“{tail}”）</translation>
    </message>
    <message>
        <source>this is neither true nor false</source>
        <translation>这既不是 true 也不是 false</translation>
    </message>
    <message>
        <source>Write the plain number, in the unit that the name tells.</source>
        <translation>请只写数字，单位以名称所示为准。</translation>
    </message>
    <message>
        <source>Write true or false.</source>
        <translation>请写 true 或 false。</translation>
    </message>
    <message>
        <source>this is set by a function of librdkafka&apos;s C interface, never as a text</source>
        <translation>这由 librdkafka 的 C 接口函数设置，不能写成文本</translation>
    </message>
    <message>
        <source>{meant} is outside {low} .. {high}</source>
        <translation>{meant} 超出 {low} .. {high}</translation>
    </message>
    <message>
        <source>Write a number from {low} to {high}.</source>
        <translation>请写 {low} 到 {high} 之间的数。</translation>
    </message>
    <message>
        <source>it may not be empty</source>
        <translation>不能为空</translation>
    </message>
    <message>
        <source>the value is not understood</source>
        <translation>该值无法理解</translation>
    </message>
    <message>
        <source>Correct it, or take the line out.</source>
        <translation>请改正它，或删除此行。</translation>
    </message>
    <message>
        <source>it holds a NUL character</source>
        <translation>其中含有 NUL 字符</translation>
    </message>
    <message>
        <source>Take that out.</source>
        <translation>请将其去掉。</translation>
    </message>
    <message>
        <source>librdkafka&apos;s build for this system lacks what is behind it</source>
        <translation>本系统的 librdkafka 版本缺少其背后的功能</translation>
    </message>
    <message>
        <source>it becomes {value}</source>
        <translation>它会变成 {value}</translation>
    </message>
    <message>
        <source>the number does not fit into 32 bits and wraps around (or is none at all)</source>
        <translation>该数字超出 32 位而回绕（或根本不是数字）</translation>
    </message>
    <message>
        <source>it stays at {default}</source>
        <translation>它保持为 {default}</translation>
    </message>
    <message>
        <source>a value of nothing but spaces is passed over</source>
        <translation>只有空格的值会被忽略</translation>
    </message>
    <message>
        <source>Write one of {choices}, or take the line out.</source>
        <translation>请写 {choices} 之一，或删除此行。</translation>
    </message>
    <message>
        <source>{text!r} is no partitioner</source>
        <translation>“{text}”不是分区器</translation>
    </message>
    <message>
        <source>Write a number from {low:g} to {high:.10g} or {words}.</source>
        <translation>请写 {low:g} 到 {high:.10g} 之间的数，或 {words}。</translation>
    </message>
    <message>
        <source>Write a number from {low:g} to {high:.10g}.</source>
        <translation>请写 {low:g} 到 {high:.10g} 之间的数。</translation>
    </message>
    <message>
        <source>Write one of: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, GSSAPI.</source>
        <translation>请写其中之一：PLAIN、SCRAM-SHA-256、SCRAM-SHA-512、OAUTHBEARER、GSSAPI。</translation>
    </message>
    <message>
        <source>exactly one mechanism must be named</source>
        <translation>必须且只能写一种机制</translation>
    </message>
    <message>
        <source>no such broker is supported</source>
        <translation>不支持这样的 Broker</translation>
    </message>
    <message>
        <source>Take the line out.</source>
        <translation>请删除此行。</translation>
    </message>
    <message>
        <source>it is read as {value}</source>
        <translation>它会被读作 {value}</translation>
    </message>
    <message>
        <source>a number that starts with 0 is octal in C</source>
        <translation>以 0 开头的数字在 C 中是八进制</translation>
    </message>
    <message>
        <source>Leave the leading zeros out.</source>
        <translation>请去掉前导零。</translation>
    </message>
    <message>
        <source>the answer holds several verdicts that differ</source>
        <translation>回答中有多个互相矛盾的结论</translation>
    </message>
    <message>
        <source>the description of a risk is empty</source>
        <translation>风险的描述为空</translation>
    </message>
    <message>
        <source>riskTypes of a risk is empty</source>
        <translation>风险的 riskTypes 为空</translation>
    </message>
    <message>
        <source>there is no JSON object in the answer</source>
        <translation>回答中没有 JSON 对象</translation>
    </message>
    <message>
        <source>the answer has another form ({error})</source>
        <translation>回答的格式不符（{error}）</translation>
    </message>
    <message>
        <source>the answer was cut at {limit} tokens</source>
        <translation>回答在 {limit} 个 token 处被截断</translation>
    </message>
    <message>
        <source>the model&apos;s answer is no verdict: {problem}</source>
        <translation>模型的回答不是有效的结论：{problem}</translation>
    </message>
    <message>
        <source>a request takes about {tokens:,} tokens, more than any key may take in a minute</source>
        <translation>一次请求约需 {tokens:,} 个 token，超过任何密钥每分钟的限额</translation>
    </message>
    <message>
        <source>given up after {seconds} s; the last: {error}</source>
        <translation>{seconds} 秒后放弃；最后一次：{error}</translation>
    </message>
    <message>
        <source>the prompt is longer than {limit:,} characters</source>
        <translation>提示词超过 {limit:,} 个字符</translation>
    </message>
    <message>
        <source>the first line must be “version: NAME”</source>
        <translation>第一行必须是“version: NAME”</translation>
    </message>
    <message>
        <source>a dollar sign stands alone; write $$ for a dollar sign</source>
        <translation>有单独的美元符号；要写美元符号请用 $$</translation>
    </message>
    <message>
        <source>{name} is unknown; there are {known}</source>
        <translation>{name} 未知；可用的有 {known}</translation>
    </message>
    <message>
        <source>the section [{name}] is missing or empty</source>
        <translation>缺少 [{name}] 一节，或其内容为空</translation>
    </message>
    <message>
        <source>{name} cannot be read ({error})</source>
        <translation>无法读取 {name}（{error}）</translation>
    </message>
    <message>
        <source>the model refuses to answer: {words}</source>
        <translation>模型拒绝回答：{words}</translation>
    </message>
    <message>
        <source>the server&apos;s content filter withheld the answer</source>
        <translation>服务器的内容过滤器扣留了回答</translation>
    </message>
    <message>
        <source>the answer is no chat completion ({error})</source>
        <translation>回答不是 chat completion 格式（{error}）</translation>
    </message>
    <message>
        <source>{first} and {second}</source>
        <translation>{first} 和 {second}</translation>
    </message>
    <message>
        <source>{first}; {second}</source>
        <translation>{first}；{second}</translation>
    </message>
    <message>
        <source>the address</source>
        <translation>该地址</translation>
    </message>
    <message>
        <source>The address for updates must begin with https://.</source>
        <translation>查询更新的地址必须以 https:// 开头。</translation>
    </message>
    <message>
        <source>The answer is not understood; wanted is {example} as JSON.</source>
        <translation>无法理解回答；需要的是 JSON，例如 {example}。</translation>
    </message>
    <message>
        <source>{host} cannot be asked: {reason}</source>
        <translation>无法询问 {host}（{reason}）</translation>
    </message>
    <message>
        <source>{host} answered {status}. Look at the address in the settings.</source>
        <translation>{host} 返回 {status}。请检查设置中的地址。</translation>
    </message>
    <message>
        <source>one text with commas, not a list. Canonical name metadata.broker.list. librdkafka does not check the addresses</source>
        <translation>用逗号分隔的一个文本，不是列表。规范名称是 metadata.broker.list。librdkafka 不检查地址</translation>
    </message>
    <message>
        <source>default rdkafka</source>
        <translation>默认值为 rdkafka</translation>
    </message>
    <message>
        <source>same values</source>
        <translation>取值相同</translation>
    </message>
    <message>
        <source>default 0=off (Java 540000)</source>
        <translation>默认值 0 表示关闭（Java 为 540000）</translation>
    </message>
    <message>
        <source>same (KIP-714), default true</source>
        <translation>相同（KIP-714），默认值为 true</translation>
    </message>
    <message>
        <source>Java refresh interval = this; librdkafka metadata.max.age.ms is the cache age (default 3x refresh). Same 300000 default; range -1..3600000</source>
        <translation>在 Java 中这是刷新间隔；librdkafka 的 metadata.max.age.ms 是缓存时长（默认为刷新间隔的 3 倍）。默认值同为 300000；范围 -1..3600000</translation>
    </message>
    <message>
        <source>no equivalent; drop</source>
        <translation>没有对应项，请删除</translation>
    </message>
    <message>
        <source>none|rebootstrap; default rebootstrap</source>
        <translation>none|rebootstrap；默认值为 rebootstrap</translation>
    </message>
    <message>
        <source>connect AdminClient to brokers</source>
        <translation>AdminClient 请连接到 Broker</translation>
    </message>
    <message>
        <source>Java -1 (OS default) -&gt; 0</source>
        <translation>Java 的 -1（系统默认）写作 0</translation>
    </message>
    <message>
        <source>default 100 (Java 50); must be &lt;= reconnect.backoff.max.ms (checked at construction)</source>
        <translation>默认值为 100（Java 为 50）；必须 &lt;= reconnect.backoff.max.ms（创建时检查）</translation>
    </message>
    <message>
        <source>default 10000 (Java 1000)</source>
        <translation>默认值为 10000（Java 为 1000）</translation>
    </message>
    <message>
        <source>range 10..300000, default 60000; the librdkafka request.timeout.ms is a PRODUCER topic property (ack wait)</source>
        <translation>范围 10..300000，默认值为 60000；librdkafka 的 request.timeout.ms 是生产者的主题属性（等待确认的时间）</translation>
    </message>
    <message>
        <source>topic-level ack timeout 1..900000; network timeout is socket.timeout.ms</source>
        <translation>主题级的确认超时 1..900000；网络超时是 socket.timeout.ms</translation>
    </message>
    <message>
        <source>same; &gt; retry.backoff.max.ms only logs a warning</source>
        <translation>相同；&gt; retry.backoff.max.ms 时只记录一条警告</translation>
    </message>
    <message>
        <source>min 1000; default 30000 (Java 10000)</source>
        <translation>最小 1000；默认值为 30000（Java 为 10000）</translation>
    </message>
    <message>
        <source>no exponential growth; set socket.connection.setup.timeout.ms</source>
        <translation>没有指数增长；请设置 socket.connection.setup.timeout.ms</translation>
    </message>
    <message>
        <source>pass timeout= to each call (committed, list_topics, commit...) or request_timeout= on AdminClient calls</source>
        <translation>请在每次调用（committed、list_topics、commit 等）时传入 timeout=，AdminClient 的调用则传入 request_timeout=</translation>
    </message>
    <message>
        <source>plaintext|ssl|sasl_plaintext|sasl_ssl, case-insensitive</source>
        <translation>plaintext|ssl|sasl_plaintext|sasl_ssl，不区分大小写</translation>
    </message>
    <message>
        <source>JVM only; OpenSSL providers: ssl.providers</source>
        <translation>仅限 JVM；OpenSSL 的提供程序用 ssl.providers</translation>
    </message>
    <message>
        <source>wrap produce()/poll() in the application (plugin.library.paths loads native plugins only)</source>
        <translation>请在应用中包装 produce()/poll()（plugin.library.paths 只加载原生插件）</translation>
    </message>
    <message>
        <source>statistics.interval.ms + stats_cb (JSON)</source>
        <translation>使用 statistics.interval.ms + stats_cb（JSON）</translation>
    </message>
    <message>
        <source>statistics.interval.ms + stats_cb</source>
        <translation>使用 statistics.interval.ms + stats_cb</translation>
    </message>
    <message>
        <source>not the same thing: period of stats_cb, 0=off</source>
        <translation>不是同一回事：它是 stats_cb 的周期，0 表示关闭</translation>
    </message>
    <message>
        <source>JVM only</source>
        <translation>仅限 JVM</translation>
    </message>
    <message>
        <source>resolve secrets in the application before building the dict</source>
        <translation>请在应用中先取得密钥，再组成字典</translation>
    </message>
    <message>
        <source>required; an empty one ends the process</source>
        <translation>必填；为空会使进程终止</translation>
    </message>
    <message>
        <source>classic|consumer; with consumer do not set session.timeout.ms, heartbeat.interval.ms, partition.assignment.strategy, group.protocol.type (rejected at construction)</source>
        <translation>classic|consumer；使用 consumer 时不要设置 session.timeout.ms、heartbeat.interval.ms、partition.assignment.strategy、group.protocol.type（创建时会被拒绝）</translation>
    </message>
    <message>
        <source>only with group.protocol=consumer; silently ignored otherwise</source>
        <translation>仅用于 group.protocol=consumer；否则会被默默忽略</translation>
    </message>
    <message>
        <source>same default 45000; must be &lt;= max.poll.interval.ms (construction check)</source>
        <translation>默认值同为 45000；必须 &lt;= max.poll.interval.ms（创建时检查）</translation>
    </message>
    <message>
        <source>same default 3000; librdkafka does not compare it with session.timeout.ms</source>
        <translation>默认值同为 3000；librdkafka 不会将它与 session.timeout.ms 比较</translation>
    </message>
    <message>
        <source>same default 300000; poll()/consume() must still be called while paused</source>
        <translation>默认值同为 300000；暂停期间仍须调用 poll()/consume()</translation>
    </message>
    <message>
        <source>batches are bounded by consume(num_messages=N, timeout=T). Before 2.15 librdkafka refuses the name (No such configuration property); since then it takes it for share consumers and ignores it elsewhere</source>
        <translation>批次大小由 consume(num_messages=N, timeout=T) 限制。2.15 之前 librdkafka 会拒绝该名称（No such configuration property）；之后只对共享消费者有效，在别处会忽略</translation>
    </message>
    <message>
        <source>earliest|latest same (default shown as largest); Java none -&gt; error; by_duration:... -&gt; not supported, use offsets_for_times()+assign</source>
        <translation>earliest|latest 相同（默认值显示为 largest）；Java 的 none 写作 error；by_duration:... 不受支持，请使用 offsets_for_times()+assign</translation>
    </message>
    <message>
        <source>same; true/false only (yes/no/1 rejected as _INVALID_ARG). For at-least-once keep true + enable.auto.offset.store=false + store_offsets()</source>
        <translation>相同；只接受 true/false（yes/no/1 会以 _INVALID_ARG 被拒绝）。要保证至少一次，请保留 true，并使用 enable.auto.offset.store=false + store_offsets()</translation>
    </message>
    <message>
        <source>same default 5000; 0=off (the topic-level 60000 property of the same name is legacy)</source>
        <translation>默认值同为 5000；0 表示关闭（同名的主题级属性 60000 是遗留项）</translation>
    </message>
    <message>
        <source>1..100000000 for a normal consumer (construction check; table says 0..2147483647)</source>
        <translation>普通消费者为 1..100000000（创建时检查；表中写的是 0..2147483647）</translation>
    </message>
    <message>
        <source>default 52428800; must be &gt;= message.max.bytes, and receive.message.max.bytes &gt;= this+512 (construction checks)</source>
        <translation>默认值为 52428800；必须 &gt;= message.max.bytes，且 receive.message.max.bytes &gt;= 它 +512（创建时检查）</translation>
    </message>
    <message>
        <source>word order differs; keep &gt;=1000 ms below socket.timeout.ms (else a warning is logged)</source>
        <translation>词序不同；请比 socket.timeout.ms 小至少 1000 ms（否则会记录一条警告）</translation>
    </message>
    <message>
        <source>alias of fetch.message.max.bytes; default 1048576</source>
        <translation>是 fetch.message.max.bytes 的别名；默认值为 1048576</translation>
    </message>
    <message>
        <source>the default differs: librdkafka read_committed, Java read_uncommitted</source>
        <translation>默认值不同：librdkafka 为 read_committed，Java 为 read_uncommitted</translation>
    </message>
    <message>
        <source>default false (Java true)</source>
        <translation>默认值为 false（Java 为 true）</translation>
    </message>
    <message>
        <source>consumer default false (Java true); producer default true</source>
        <translation>消费者的默认值为 false（Java 为 true）；生产者的默认值为 true</translation>
    </message>
    <message>
        <source>topic.blacklist regex, e.g. ^__.*</source>
        <translation>使用 topic.blacklist 正则表达式，例如 ^__.*</translation>
    </message>
    <message>
        <source>short names instead of classes: range, roundrobin, cooperative-sticky. The eager StickyAssignor has no equivalent; eager and cooperative ones cannot be mixed, so a group cannot change over one by one; default range,roundrobin</source>
        <translation>使用短名称而非类名：range、roundrobin、cooperative-sticky。即时式的 StickyAssignor 没有对应项；即时式与协作式不能混用，因此消费者组无法逐个成员切换；默认值为 range,roundrobin</translation>
    </message>
    <message>
        <source>decode msg.key() yourself or DeserializingConsumer with a callable</source>
        <translation>请自行解码 msg.key()，或使用带可调用对象的 DeserializingConsumer</translation>
    </message>
    <message>
        <source>decode msg.value() yourself or DeserializingConsumer with a callable</source>
        <translation>请自行解码 msg.value()，或使用带可调用对象的 DeserializingConsumer</translation>
    </message>
    <message>
        <source>ShareConsumer (preview, &gt;=2.15) only; ignored by Consumer</source>
        <translation>仅限 ShareConsumer（预览，&gt;=2.15）；Consumer 会忽略</translation>
    </message>
    <message>
        <source>close() always leaves unless group.instance.id is set</source>
        <translation>close() 总会离开消费者组，除非设置了 group.instance.id</translation>
    </message>
    <message>
        <source>internal</source>
        <translation>内部使用</translation>
    </message>
    <message>
        <source>alias of request.required.acks, topic level but may be set globally; all/-1/0/1 (any -1..1000 accepted, e.g. 2); must be all with enable.idempotence</source>
        <translation>是 request.required.acks 的别名，主题级但可全局设置；all/-1/0/1（-1..1000 中任意值都接受，例如 2）；启用 enable.idempotence 时必须为 all</translation>
    </message>
    <message>
        <source>bytes; default 1000000 (Java 16384); plus batch.num.messages 10000; 0 rejected (Java allows 0) -&gt; batch.num.messages=1</source>
        <translation>单位为字节；默认值为 1000000（Java 为 16384）；另有 batch.num.messages 10000；0 会被拒绝（Java 允许 0），请用 batch.num.messages=1</translation>
    </message>
    <message>
        <source>divide by 1024; second limit queue.buffering.max.messages (100000). Full queue: produce() raises BufferError, never blocks</source>
        <translation>除以 1024；另一限制是 queue.buffering.max.messages（100000）。队列已满时 produce() 抛出 BufferError，从不阻塞</translation>
    </message>
    <message>
        <source>none gzip snappy lz4 zstd; alias of compression.codec; brotli etc. rejected</source>
        <translation>none、gzip、snappy、lz4、zstd；是 compression.codec 的别名；brotli 等会被拒绝</translation>
    </message>
    <message>
        <source>one property for all codecs; range -1..12 (gzip 0-9)</source>
        <translation>所有编解码器共用一个属性；范围 -1..12（gzip 为 0-9）</translation>
    </message>
    <message>
        <source>lz4 0-12 (Java 1-17)</source>
        <translation>lz4 为 0-12（Java 为 1-17）</translation>
    </message>
    <message>
        <source>capped at 12 (Java up to 22)</source>
        <translation>上限为 12（Java 可到 22）</translation>
    </message>
    <message>
        <source>alias of message.timeout.ms; default 300000 (Java 120000); 0=infinite; must be &gt; linger.ms</source>
        <translation>是 message.timeout.ms 的别名；默认值为 300000（Java 为 120000）；0 表示无限；必须 &gt; linger.ms</translation>
    </message>
    <message>
        <source>the default differs: false (Java true). Needs acks=all, max.in.flight&lt;=5, retries&gt;=1, queuing.strategy=fifo</source>
        <translation>默认值不同：false（Java 为 true）。需要 acks=all、max.in.flight&lt;=5、retries&gt;=1、queuing.strategy=fifo</translation>
    </message>
    <message>
        <source>produce(key=bytes|str) or SerializingProducer with a callable</source>
        <translation>使用 produce(key=bytes|str)，或带可调用对象的 SerializingProducer</translation>
    </message>
    <message>
        <source>produce(value=bytes|str) or SerializingProducer with a callable</source>
        <translation>使用 produce(value=bytes|str)，或带可调用对象的 SerializingProducer</translation>
    </message>
    <message>
        <source>alias of queue.buffering.max.ms; default 5 (Java 4: 5, older 0); float allowed</source>
        <translation>是 queue.buffering.max.ms 的别名；默认值为 5（Java 4 为 5，更早为 0）；可用小数</translation>
    </message>
    <message>
        <source>produce() does not block: catch BufferError, poll(), retry; list_topics(timeout=) for metadata; init_transactions(timeout)</source>
        <translation>produce() 不会阻塞：请捕获 BufferError，调用 poll() 后重试；元数据用 list_topics(timeout=)；事务用 init_transactions(timeout)</translation>
    </message>
    <message>
        <source>alias max.in.flight; default 1000000 (Java 5), forced &lt;=5 with idempotence</source>
        <translation>是 max.in.flight 的别名；默认值为 1000000（Java 为 5），启用幂等性时强制 &lt;=5</translation>
    </message>
    <message>
        <source>default 1000000, range 1000..1000000000; applies per message too: produce() raises MSG_SIZE_TOO_LARGE locally</source>
        <translation>默认值为 1000000，范围 1000..1000000000；也适用于单条消息：produce() 会在本地抛出 MSG_SIZE_TOO_LARGE</translation>
    </message>
    <message>
        <source>the default differs: consistent_random (CRC32). For Java-compatible key placement use murmur2_random; RoundRobinPartitioner -&gt; random</source>
        <translation>默认值不同：consistent_random（CRC32）。要与 Java 的键分布一致，请使用 murmur2_random；RoundRobinPartitioner 写作 random</translation>
    </message>
    <message>
        <source>partitioner=random, or pass partition=</source>
        <translation>使用 partitioner=random，或传入 partition=</translation>
    </message>
    <message>
        <source>see sticky.partitioning.linger.ms</source>
        <translation>参见 sticky.partitioning.linger.ms</translation>
    </message>
    <message>
        <source>no equivalent</source>
        <translation>没有对应项</translation>
    </message>
    <message>
        <source>alias of message.send.max.retries; default 2147483647; bounded by delivery.timeout.ms</source>
        <translation>是 message.send.max.retries 的别名；默认值为 2147483647；受 delivery.timeout.ms 限制</translation>
    </message>
    <message>
        <source>implies enable.idempotence; call init_transactions()</source>
        <translation>隐含 enable.idempotence；请调用 init_transactions()</translation>
    </message>
    <message>
        <source>message.timeout.ms must be &lt;= it; socket.timeout.ms &lt;= it+100</source>
        <translation>message.timeout.ms 必须 &lt;= 它；socket.timeout.ms 必须 &lt;= 它 +100</translation>
    </message>
    <message>
        <source>not supported</source>
        <translation>不受支持</translation>
    </message>
    <message>
        <source>alias of sasl.mechanisms; default GSSAPI, which the Linux wheel lacks (construction error) and the Windows wheel has (SSPI)</source>
        <translation>是 sasl.mechanisms 的别名；默认值为 GSSAPI，Linux 的 wheel 没有它（创建时出错），Windows 的 wheel 有（SSPI）</translation>
    </message>
    <message>
        <source>rejected with a hint; PLAIN/SCRAM -&gt; sasl.username + sasl.password; Kerberos -&gt; sasl.kerberos.*; OAUTHBEARER -&gt; sasl.oauthbearer.* or oauth_cb</source>
        <translation>会被拒绝并给出提示；PLAIN/SCRAM 用 sasl.username + sasl.password；Kerberos 用 sasl.kerberos.*；OAUTHBEARER 用 sasl.oauthbearer.* 或 oauth_cb</translation>
    </message>
    <message>
        <source>default kafka</source>
        <translation>默认值为 kafka</translation>
    </message>
    <message>
        <source>Java: path of kinit; librdkafka: whole shell command with %{...}; not used on Windows</source>
        <translation>Java 中是 kinit 的路径；librdkafka 中是含 %{...} 的整条 shell 命令；Windows 上不使用</translation>
    </message>
    <message>
        <source>oauth_cb= for OAUTHBEARER</source>
        <translation>OAUTHBEARER 请用 oauth_cb=</translation>
    </message>
    <message>
        <source>sasl.oauthbearer.method=oidc, or oauth_cb=</source>
        <translation>使用 sasl.oauthbearer.method=oidc，或 oauth_cb=</translation>
    </message>
    <message>
        <source>refresh handled inside librdkafka</source>
        <translation>由 librdkafka 内部刷新</translation>
    </message>
    <message>
        <source>plus sasl.oauthbearer.method=oidc (then mandatory)</source>
        <translation>另需 sasl.oauthbearer.method=oidc（此时必填）</translation>
    </message>
    <message>
        <source>alias of sasl.oauthbearer.client.id</source>
        <translation>是 sasl.oauthbearer.client.id 的别名</translation>
    </message>
    <message>
        <source>alias of sasl.oauthbearer.client.secret</source>
        <translation>是 sasl.oauthbearer.client.secret 的别名</translation>
    </message>
    <message>
        <source>broker side</source>
        <translation>属于 Broker 一侧</translation>
    </message>
    <message>
        <source>a file of PEM certificates, never a Java truststore: export the authority as PEM. Windows: default is the Root certificate store (ssl.ca.certificate.stores)</source>
        <translation>PEM 证书文件，绝不是 Java 信任库：请将颁发机构的证书导出为 PEM。Windows 上默认使用“根”证书存储（ssl.ca.certificate.stores）</translation>
    </message>
    <message>
        <source>PEM CA files have no password</source>
        <translation>PEM 格式的 CA 文件没有密码</translation>
    </message>
    <message>
        <source>PEM only</source>
        <translation>只支持 PEM</translation>
    </message>
    <message>
        <source>PEM text</source>
        <translation>PEM 文本</translation>
    </message>
    <message>
        <source>PKCS#12 only (convert JKS with keytool -importkeystore); ssl.keystore.password then mandatory; file opened at construction</source>
        <translation>只支持 PKCS#12（JKS 请用 keytool -importkeystore 转换）；此时 ssl.keystore.password 必填；创建时打开文件</translation>
    </message>
    <message>
        <source>PKCS#12 implied; for PEM use ssl.certificate.location + ssl.key.location</source>
        <translation>即为 PKCS#12；使用 PEM 请用 ssl.certificate.location + ssl.key.location</translation>
    </message>
    <message>
        <source>Java empty string -&gt; none (empty is rejected); https is the default</source>
        <translation>Java 的空字符串写作 none（空值会被拒绝）；默认值为 https</translation>
    </message>
    <message>
        <source>OpenSSL names joined by &quot;:&quot; instead of JSSE names</source>
        <translation>使用以 &quot;:&quot; 连接的 OpenSSL 名称，而非 JSSE 名称</translation>
    </message>
    <message>
        <source>OpenSSL negotiates; no equivalent</source>
        <translation>由 OpenSSL 协商；没有对应项</translation>
    </message>
    <message>
        <source>OpenSSL negotiates</source>
        <translation>由 OpenSSL 协商</translation>
    </message>
    <message>
        <source>OpenSSL: ssl.providers</source>
        <translation>OpenSSL 用 ssl.providers</translation>
    </message>
    <message>
        <source>JVM only (ssl.engine.id for OpenSSL engines)</source>
        <translation>仅限 JVM（OpenSSL 引擎用 ssl.engine.id）</translation>
    </message>
    <message>
        <source>underscores -&gt; dots; list -&gt; CSV</source>
        <translation>下划线改为点；列表改为逗号分隔</translation>
    </message>
    <message>
        <source>consume(num_messages=N)</source>
        <translation>使用 consume(num_messages=N)</translation>
    </message>
    <message>
        <source>timeout argument of poll()/consume()</source>
        <translation>使用 poll()/consume() 的 timeout 参数</translation>
    </message>
    <message>
        <source>decode in the loop</source>
        <translation>请在循环中解码</translation>
    </message>
    <message>
        <source>encode before produce()</source>
        <translation>请在 produce() 之前编码</translation>
    </message>
    <message>
        <source>divide by 1024</source>
        <translation>除以 1024</translation>
    </message>
    <message>
        <source>BufferError handling</source>
        <translation>请处理 BufferError</translation>
    </message>
    <message>
        <source>False -&gt; none</source>
        <translation>False 写作 none</translation>
    </message>
    <message>
        <source>negotiated; drop</source>
        <translation>自动协商，请删除</translation>
    </message>
    <message>
        <source>The alarm database has version {version}; this Signalbox knows {known}.</source>
        <translation>告警数据库的版本为 {version}；此 Signalbox 只认识到 {known}。</translation>
    </message>
    <message>
        <source>the disk is full</source>
        <translation>磁盘已满</translation>
    </message>
    <message>
        <source>the disk does not take or give what is asked of it</source>
        <translation>磁盘无法读写所要求的内容</translation>
    </message>
    <message>
        <source>another program holds the alarm database</source>
        <translation>另一个程序占用了告警数据库</translation>
    </message>
    <message>
        <source>alarms cannot be written: {trouble}; they go on in memory and are written when it is possible. Free some space</source>
        <translation>无法写入告警：{trouble}；告警暂存在内存中，一旦可行就会写入。请释放一些空间</translation>
    </message>
    <message>
        <source>See that the disk works; nothing is lost, it is read again.</source>
        <translation>请检查磁盘是否正常；没有丢失任何内容，会重新读取。</translation>
    </message>
    <message>
        <source>The alarm database {name} cannot be opened: {error}.</source>
        <translation>无法打开告警数据库 {name}：{error}。</translation>
    </message>
    <message>
        <source>It is kept as {name}; a new one is begun by itself.</source>
        <translation>它已保存为 {name}；会自动新建一个。</translation>
    </message>
    <message>
        <source>The alarm database cannot be used: {error}.</source>
        <translation>告警数据库无法使用：{error}。</translation>
    </message>
    <message>
        <source>Update Signalbox, or set another database.</source>
        <translation>请更新 Signalbox，或设置另一个数据库。</translation>
    </message>
    <message>
        <source>See that its folder exists, is writable and has space.</source>
        <translation>请确认其文件夹存在、可写且有空间。</translation>
    </message>
    <message>
        <source>{name}: {cause}</source>
        <translation>{name}：{cause}</translation>
    </message>
    <message>
        <source>{name} cannot be opened: {reason} Export it again, or choose another.</source>
        <translation>{name} 无法打开：{reason} 请重新导出，或另选一个。</translation>
    </message>
    <message>
        <source>{path} does not exist. Choose an ONNX file, or `bundled`.</source>
        <translation>{path} 不存在。请选择 ONNX 文件，或 `bundled`。</translation>
    </message>
    <message>
        <source>{name} is larger than 2 GB, which no ONNX file can be. Export it again with its weights as external data, or choose a smaller model.</source>
        <translation>{name} 超过 2 GB，ONNX 文件不可能这么大。请将权重作为外部数据重新导出，或选择更小的模型。</translation>
    </message>
    <message>
        <source>{name} keeps its weights in another file that cannot be read: {which}. Put it beside {name} under the same name as when it was exported.</source>
        <translation>{name} 的权重在另一个无法读取的文件中：{which}。请将它以导出时的名称放在 {name} 旁边。</translation>
    </message>
    <message>
        <source>{name} needs an operator that this onnxruntime does not have: {reason}. Export it for plain ONNX, without plug-ins of TensorRT or others.</source>
        <translation>{name} 需要此 onnxruntime 没有的算子：{reason}。请导出为普通 ONNX，不使用 TensorRT 等的插件。</translation>
    </message>
    <message>
        <source>{name} is not a complete ONNX model ({reason}). Download or export it again.</source>
        <translation>{name} 不是完整的 ONNX 模型（{reason}）。请重新下载或导出。</translation>
    </message>
    <message>
        <source>{name}: its output `{odd}` is no array of numbers. Choose an object detector.</source>
        <translation>{name}：其输出 `{odd}` 不是数值数组。请选择目标检测模型。</translation>
    </message>
    <message>
        <source>{name} cannot be run: {reasons}</source>
        <translation>{name} 无法运行：{reasons}</translation>
    </message>
    <message>
        <source>onnxruntime gave {provider} instead</source>
        <translation>onnxruntime 给出的是 {provider}</translation>
    </message>
    <message>
        <source>{name} was exported for an opset that onnxruntime {version} does not know. Export it with opset 17. ({reason})</source>
        <translation>{name} 导出时使用的 opset 是 onnxruntime {version} 不认识的。请用 opset 17 导出。（{reason}）</translation>
    </message>
    <message>
        <source>{name} could not be run on {provider}: {error}</source>
        <translation>{name} 无法在 {provider} 上运行：{error}</translation>
    </message>
    <message>
        <source>the worker failed</source>
        <translation>处理单元出错</translation>
    </message>
    <message>
        <source>the evidence store cannot be written</source>
        <translation>无法写入证据存储</translation>
    </message>
    <message>
        <source>No camera is enabled.</source>
        <translation>没有启用任何摄像头。</translation>
    </message>
    <message>
        <source>the broker has no room for more results; frames are skipped</source>
        <translation>Broker 没有空间容纳更多结果；正在跳帧</translation>
    </message>
    <message>
        <source>{error}. {next_step}</source>
        <translation>{error}。{next_step}</translation>
    </message>
    <message>
        <source>the webhook answered {status}</source>
        <translation>Webhook 返回 {status}</translation>
    </message>
    <message>
        <source>the webhook cannot be reached: {reason}</source>
        <translation>无法连接 Webhook（{reason}）</translation>
    </message>
    <message>
        <source>the webhook did not speak HTTP ({error})</source>
        <translation>Webhook 没有按 HTTP 应答（{error}）</translation>
    </message>
    <message>
        <source>the mail server refuses the user or password ({code})</source>
        <translation>邮件服务器拒绝此用户名或密码（{code}）</translation>
    </message>
    <message>
        <source>the mail server cannot do this: {error}</source>
        <translation>邮件服务器不支持此操作（{error}）</translation>
    </message>
    <message>
        <source>the mail was not taken: {error}</source>
        <translation>邮件未被接收（{error}）</translation>
    </message>
    <message>
        <source>the certificates in {file} cannot be used: {error}</source>
        <translation>{file} 中的证书无法使用（{error}）</translation>
    </message>
    <message>
        <source>pictures are {size} now, were {before}</source>
        <translation>画面尺寸现为 {size}，原为 {before}</translation>
    </message>
    <message>
        <source>the file was played to its end</source>
        <translation>文件已播放完毕</translation>
    </message>
    <message>
        <source>connected, but no pictures come</source>
        <translation>已连接，但没有画面传来</translation>
    </message>
    <message>
        <source>no sign of life for {seconds} s; it is opened anew</source>
        <translation>{seconds} 秒没有响应，正在重新打开</translation>
    </message>
    <message>
        <source>its driver or network hung {times} times; unplug it, or restart Signalbox</source>
        <translation>其驱动或网络已卡死 {times} 次；请拔下设备，或重新启动 Signalbox</translation>
    </message>
    <message>
        <source>unexpected failure ({error})</source>
        <translation>意外的故障（{error}）</translation>
    </message>
    <message>
        <source>{source} holds no picture</source>
        <translation>{source} 中没有画面</translation>
    </message>
    <message>
        <source>{path} does not exist. Check the camera&apos;s source.</source>
        <translation>{path} 不存在。请检查摄像头的来源。</translation>
    </message>
    <message>
        <source>it is no video that can be decoded, or damaged</source>
        <translation>不是可解码的视频，或已损坏</translation>
    </message>
    <message>
        <source>{path} holds no pictures (JPEG, PNG, BMP, WebP)</source>
        <translation>{path} 中没有图片（JPEG、PNG、BMP、WebP）</translation>
    </message>
    <message>
        <source>{path} cannot be read: {error}</source>
        <translation>无法读取 {path}（{error}）</translation>
    </message>
    <message>
        <source>{host} listens but gives no stream at {path}; check the path</source>
        <translation>{host} 有应答，但在 {path} 没有视频流；请检查路径</translation>
    </message>
    <message>
        <source>{host}, port {port}</source>
        <translation>{host} 的端口 {port}</translation>
    </message>
    <message>
        <source>the camera answers only without encryption there; begin the address with {scheme}</source>
        <translation>该处的摄像头只接受未加密连接；地址请以 {scheme} 开头</translation>
    </message>
    <message>
        <source>nothing arrives; check that the sender runs and sends to this computer and port</source>
        <translation>没有数据到达；请检查发送端是否在运行，并发送到本机的此端口</translation>
    </message>
    <message>
        <source>the address is not complete; it must look like rtsp://host/path</source>
        <translation>地址不完整，应形如 rtsp://host/path</translation>
    </message>
    <message>
        <source>the camera refuses this user name or password</source>
        <translation>摄像头拒绝此用户名或密码</translation>
    </message>
    <message>
        <source>the camera answers only with encryption there; begin the address with {scheme}</source>
        <translation>该处的摄像头只接受加密连接；地址请以 {scheme} 开头</translation>
    </message>
    <message>
        <source>the address leads to a web page, not to a video stream; the camera&apos;s manual tells the stream&apos;s own address</source>
        <translation>此地址是网页而不是视频流；视频流的地址见摄像头手册</translation>
    </message>
    <message>
        <source>something listens on port {port} of {host} but does not answer as a camera; check port and protocol</source>
        <translation>{host} 的端口 {port} 有程序在监听，但不像摄像头那样应答；请检查端口和协议</translation>
    </message>
    <message>
        <source>the name {host} is not known on this network; check the address</source>
        <translation>此网络中找不到名称 {host}，请检查地址</translation>
    </message>
    <message>
        <source>nothing listens at {place}; the camera may be restarting, its stream service may be off, or the port is wrong</source>
        <translation>{place} 无人应答；摄像头可能正在重启，视频流服务可能已关闭，或端口有误</translation>
    </message>
    <message>
        <source>{place} does not answer; check that the camera has power and that this computer reaches its network</source>
        <translation>{place} 没有回应；请检查摄像头是否通电，以及本机能否访问其网络</translation>
    </message>
    <message>
        <source>the camera answers, but what it sends cannot be decoded as video</source>
        <translation>摄像头有应答，但发来的内容无法解码为视频</translation>
    </message>
    <message>
        <source>the camera asks for a user name and a password; write them into the address: {address}</source>
        <translation>摄像头要求用户名和密码；请写入地址：{address}</translation>
    </message>
    <message>
        <source>this user may not see the stream (403); check the user&apos;s rights on the camera</source>
        <translation>此用户无权观看视频流（403）；请检查其在摄像头上的权限</translation>
    </message>
    <message>
        <source>the camera has no stream at {path}; check the path in the camera&apos;s manual</source>
        <translation>摄像头在 {path} 没有视频流；请查阅摄像头手册中的路径</translation>
    </message>
    <message>
        <source>the camera is busy ({status}); it may serve only a few viewers at once, or is still starting</source>
        <translation>摄像头忙（{status}）；可能同时只允许少数观看者，或仍在启动</translation>
    </message>
    <message>
        <source>the camera answers with status {status}</source>
        <translation>摄像头应答状态码 {status}</translation>
    </message>
    <message>
        <source>{source} cannot be opened: {cause}</source>
        <translation>{source} 无法打开：{cause}</translation>
    </message>
    <message>
        <source>another program uses it, or this user may not use it</source>
        <translation>正被其他程序使用，或此用户无权使用</translation>
    </message>
    <message>
        <source>USB camera {name}</source>
        <translation>USB 摄像头 {name}</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>no camera is plugged in, or this user may not use it</source>
        <translation>没有插入摄像头，或此用户无权使用</translation>
    </message>
    <message>
        <source>there is none with this index. Plugged in: {cameras}</source>
        <translation>没有此序号的摄像头。已插入：{cameras}</translation>
    </message>
    <message>
        <source>more than one USB camera fits “{name}”; give its index. Plugged in: {cameras}</source>
        <translation>有多个 USB 摄像头符合“{name}”；请给出序号。已插入：{cameras}</translation>
    </message>
    <message>
        <source>no USB camera is called “{name}”. Plugged in: {cameras}</source>
        <translation>没有名为“{name}”的 USB 摄像头。已插入：{cameras}</translation>
    </message>
    <message>
        <source>{source} cannot be decoded: {reason}</source>
        <translation>{source} 无法解码（{reason}）</translation>
    </message>
    <message>
        <source>{source} sends other pictures than before; it is opened anew</source>
        <translation>{source} 传来的画面与先前不同；正在重新打开</translation>
    </message>
    <message>
        <source>{source} sends no more pictures</source>
        <translation>{source} 不再传来画面</translation>
    </message>
    <message>
        <source>no picture</source>
        <translation>没有画面</translation>
    </message>
    <message>
        <source>{source} cannot be rewound</source>
        <translation>{source} 无法从头播放</translation>
    </message>
    <message>
        <source>user and password of a mail server may hold ASCII only; give this account a password of Latin letters, digits and signs</source>
        <translation>邮件服务器的用户名和密码只能包含 ASCII 字符；请为该账户改用由拉丁字母、数字和符号组成的密码</translation>
    </message>
    <message>
        <source>as much as fits waits in memory: no more verdicts are read, and new alarms are raised only once there is room. The verdicts stay in Kafka</source>
        <translation>内存中等待的内容已达上限：不再读取结论，有空间后才会产生新告警。结论保留在 Kafka 中</translation>
    </message>
    <message>
        <source>The model cannot be used: {error}</source>
        <translation>该模型无法使用：{error}</translation>
    </message>
    <message>
        <source>Add one on the Cameras page, or enable one.</source>
        <translation>请在“摄像头”页面添加一个，或启用一个。</translation>
    </message>
    <message>
        <source>The model failed: {error}.</source>
        <translation>模型出错：{error}。</translation>
    </message>
    <message>
        <source>Choose another model in the settings.</source>
        <translation>请在设置中选择其他模型。</translation>
    </message>
    <message>
        <source>If this goes on, choose the provider `cpu` in the settings.</source>
        <translation>如果一直如此，请在设置中选择 `cpu` 运行。</translation>
    </message>
    <message>
        <source>No Kafka broker answers at {servers}: {words}.</source>
        <translation>{servers} 上没有 Kafka Broker 响应：{words}。</translation>
    </message>
    <message>
        <source>The broker took the new topics but does not show them.</source>
        <translation>Broker 接受了新主题，却没有列出它们。</translation>
    </message>
    <message>
        <source>See whether the address is right, the broker runs, and no firewall is between.</source>
        <translation>请检查地址是否正确、Broker 是否在运行，以及中间是否有防火墙。</translation>
    </message>
    <message>
        <source>The broker at {servers} has not made the topic {topic} within {limit_s:.0f} s.</source>
        <translation>{servers} 的 Broker 未在 {limit_s:.0f} 秒内创建主题 {topic}。</translation>
    </message>
    <message>
        <source>The topic {topic} cannot be made: {words}.</source>
        <translation>无法创建主题 {topic}：{words}。</translation>
    </message>
    <message>
        <source>Look at the broker&apos;s own log.</source>
        <translation>请查看 Broker 自己的日志。</translation>
    </message>
    <message>
        <source>Make it by hand, or give the user the right to create topics.</source>
        <translation>请手动创建，或授予该用户创建主题的权限。</translation>
    </message>
    <message>
        <source>Kafka {role} settings: {findings}</source>
        <translation>Kafka {role} 设置：{findings}</translation>
    </message>
    <message>
        <source>Correct them on the Kafka page under Properties (in the file: under kafka), then start again.</source>
        <translation>请在 Kafka 页面的“属性”中（文件中为 kafka 之下）改正，然后重新启动。</translation>
    </message>
    <message>
        <source>Kafka {role}: librdkafka refuses the settings: {error}.</source>
        <translation>Kafka {role}：librdkafka 拒绝这些设置：{error}。</translation>
    </message>
    <message>
        <source>Kafka settings: {name} does not belong under kafka.{section}.</source>
        <translation>Kafka 设置：{name} 不应放在 kafka.{section} 之下。</translation>
    </message>
    <message>
        <source>Set {setting} instead.</source>
        <translation>请改为设置 {setting}。</translation>
    </message>
    <message>
        <source>The Kafka client broke down: {words}.</source>
        <translation>Kafka 客户端出现致命错误：{words}。</translation>
    </message>
    <message>
        <source>broker {servers} not reachable since {since}; tries again at the latest {wait_s:g} s after each failure, nothing is lost</source>
        <translation>自 {since} 起无法连接 Broker {servers}；每次失败后最迟 {wait_s:g} 秒重试，不会丢失任何内容</translation>
    </message>
    <message>
        <source>The worker starts anew with a new one and reads its input again.</source>
        <translation>处理单元会以新的客户端重新启动，并重新读取输入。</translation>
    </message>
    <message>
        <source>read {topic}</source>
        <translation>读取 {topic}</translation>
    </message>
    <message>
        <source>They are made when workers start, with {partitions} partitions each; where this user may not make topics, have them made.</source>
        <translation>它们会在处理单元启动时创建，每个 {partitions} 个分区；如果此用户不能创建主题，请让管理员创建。</translation>
    </message>
    <message>
        <source>write {topic}</source>
        <translation>写入 {topic}</translation>
    </message>
    <message>
        <source>not used: security.protocol is {protocol}</source>
        <translation>未使用：security.protocol 是 {protocol}</translation>
    </message>
    <message>
        <source>{passed} of {count} servers; {troubles}</source>
        <translation>{count} 个服务器中有 {passed} 个通过；{troubles}</translation>
    </message>
    <message>
        <source>Check security.protocol and sasl.mechanism; the broker&apos;s log tells its side.</source>
        <translation>请检查 security.protocol 和 sasl.mechanism；Broker 的日志有它那一侧的说明。</translation>
    </message>
    <message>
        <source>The broker answers the greeting only. It may want a login: set security.protocol to SASL_PLAINTEXT or SASL_SSL, with sasl.mechanism and user.</source>
        <translation>Broker 只回应了握手。它可能要求登录：请将 security.protocol 设为 SASL_PLAINTEXT 或 SASL_SSL，并设置 sasl.mechanism 和用户。</translation>
    </message>
    <message>
        <source>the cluster does not tell of itself: {words}</source>
        <translation>集群没有提供元数据：{words}</translation>
    </message>
    <message>
        <source>all {count} are there</source>
        <translation>全部 {count} 个都在</translation>
    </message>
    <message>
        <source>They are made when workers start, with {partitions} partitions each, keeping messages for {hours} h; where this user may not make topics, have them made.</source>
        <translation>它们会在处理单元启动时创建，每个 {partitions} 个分区，消息保留 {hours} 小时；如果此用户不能创建主题，请让管理员创建。</translation>
    </message>
    <message>
        <source>reading and writing granted on {told} topics</source>
        <translation>已获准读写 {told} 个主题</translation>
    </message>
    <message>
        <source>the client takes them</source>
        <translation>客户端接受这些设置</translation>
    </message>
    <message>
        <source>the cluster sends its clients to addresses that cannot be reached from here: {troubles}</source>
        <translation>集群让客户端去连接从这里无法到达的地址：{troubles}</translation>
    </message>
    <message>
        <source>Set advertised.listeners of the brokers to addresses that clients can reach.</source>
        <translation>请将 Broker 的 advertised.listeners 设为客户端可以到达的地址。</translation>
    </message>
    <message>
        <source>brokers: {brokers}</source>
        <translation>Broker：{brokers}</translation>
    </message>
    <message>
        <source>the cluster names no brokers</source>
        <translation>集群没有列出任何 Broker</translation>
    </message>
    <message>
        <source>not there, or hidden from this user: {topics}</source>
        <translation>不存在，或对此用户不可见：{topics}</translation>
    </message>
    <message>
        <source>this user may not: {rights}</source>
        <translation>此用户不能：{rights}</translation>
    </message>
    <message>
        <source>Have the cluster&apos;s administrator grant these rights.</source>
        <translation>请集群管理员授予这些权限。</translation>
    </message>
    <message>
        <source>the broker does not tell what this user may do to topics; its groups are open</source>
        <translation>Broker 未说明此用户对主题的权限；其消费者组可用</translation>
    </message>
    <message>
        <source>logged in by {mechanism}</source>
        <translation>已通过 {mechanism} 登录</translation>
    </message>
    <message>
        <source>the embedded broker knows no rights</source>
        <translation>内置 Broker 没有权限控制</translation>
    </message>
    <message>
        <source>the broker refuses the login: {words}</source>
        <translation>Broker 拒绝登录：{words}</translation>
    </message>
    <message>
        <source>Check sasl.mechanism, sasl.username and the password; the broker must know this user for this mechanism.</source>
        <translation>请检查 sasl.mechanism、sasl.username 和密码；Broker 必须为该机制登记了此用户。</translation>
    </message>
    <message>
        <source>the Kafka client refuses the encryption: {words}</source>
        <translation>Kafka 客户端拒绝加密连接：{words}</translation>
    </message>
    <message>
        <source>Check the ssl.* settings: authority, certificate, key and its password.</source>
        <translation>请检查 ssl.* 设置：颁发机构、证书、密钥及其密码。</translation>
    </message>
    <message>
        <source>{topic}: no broker leads the partitions {numbers}</source>
        <translation>{topic}：没有 Broker 担任分区 {numbers} 的首领</translation>
    </message>
    <message>
        <source>Start the brokers that hold them.</source>
        <translation>请启动保存它们的 Broker。</translation>
    </message>
    <message>
        <source>describe {topic}</source>
        <translation>查看 {topic}</translation>
    </message>
    <message>
        <source>use the group {group}</source>
        <translation>使用消费者组 {group}</translation>
    </message>
    <message>
        <source>broker did not answer in time; joining the group again, nothing is lost</source>
        <translation>Broker 未及时响应；正在重新加入消费者组，不会丢失任何内容</translation>
    </message>
    <message>
        <source>The Kafka consumer of {group} broke down: {error}.</source>
        <translation>{group} 的 Kafka 消费者出现致命错误：{error}。</translation>
    </message>
    <message>
        <source>The worker starts anew and reads on from its last commit.</source>
        <translation>处理单元会重新启动，并从上次提交处继续读取。</translation>
    </message>
    <message>
        <source>The dead letters cannot be read from {servers}: {why}.</source>
        <translation>无法从 {servers} 读取死信：{why}。</translation>
    </message>
    <message>
        <source>See whether the broker is up and lets this user read the topics that end in .dlq.</source>
        <translation>请检查 Broker 是否在运行，以及是否允许此用户读取以 .dlq 结尾的主题。</translation>
    </message>
    <message>
        <source>See whether the Kafka cluster is up, then send the others back again.</source>
        <translation>请检查 Kafka 集群是否在运行，然后再送回其余的。</translation>
    </message>
    <message>
        <source>{topic}: what follows a delivery failed: {trouble}</source>
        <translation>{topic}：送达之后的处理失败：{trouble}</translation>
    </message>
    <message>
        <source>{name}: {effect}; {reason}. {fix}</source>
        <translation>{name}：{effect}；{reason}。{fix}</translation>
    </message>
    <message>
        <source>the whole process may die when the client is made</source>
        <translation>创建客户端时整个进程可能崩溃</translation>
    </message>
    <message>
        <source>The embedded broker cannot start: {words}.</source>
        <translation>内置 Broker 无法启动：{words}。</translation>
    </message>
    <message>
        <source>The embedded broker cannot start: no port on 127.0.0.1 could be opened.</source>
        <translation>内置 Broker 无法启动：在 127.0.0.1 上打不开任何端口。</translation>
    </message>
    <message>
        <source>The embedded broker refuses the topic {topic!r} with {partitions} partitions (error {code}).</source>
        <translation>内置 Broker 拒绝主题“{topic}”（{partitions} 个分区，错误 {code}）。</translation>
    </message>
    <message>
        <source>Use a Kafka cluster instead (kafka.mode), or report this.</source>
        <translation>请改用 Kafka 集群（kafka.mode），或报告此问题。</translation>
    </message>
    <message>
        <source>See whether a security program blocks local connections.</source>
        <translation>请检查是否有安全软件阻止了本机连接。</translation>
    </message>
    <message>
        <source>See that no two topics of the settings have the same name.</source>
        <translation>请确认设置中没有两个同名的主题。</translation>
    </message>
    <message>
        <source>The broker refuses the login</source>
        <translation>Broker 拒绝登录</translation>
    </message>
    <message>
        <source>The encryption to the broker fails</source>
        <translation>与 Broker 的加密连接失败</translation>
    </message>
    <message>
        <source>Check security.protocol and the ssl.* settings: authority, certificate, key and its password; check-connection tells which.</source>
        <translation>请检查 security.protocol 和 ssl.* 设置：颁发机构、证书、密钥及其密码；check-connection 会指出是哪一项。</translation>
    </message>
    <message>
        <source>The broker does not let this user use a topic</source>
        <translation>Broker 不允许此用户使用某个主题</translation>
    </message>
    <message>
        <source>Give the Kafka user the rights to read and write the topics of the settings; check-connection tells which are missing.</source>
        <translation>请授予该 Kafka 用户读写设置中各主题的权限；check-connection 会指出缺少哪些。</translation>
    </message>
    <message>
        <source>The broker does not let this user read in its consumer group</source>
        <translation>Broker 不允许此用户在其消费者组中读取</translation>
    </message>
    <message>
        <source>Give the Kafka user the right to read the groups under kafka.groups.</source>
        <translation>请授予该 Kafka 用户读取 kafka.groups 下各组的权限。</translation>
    </message>
    <message>
        <source>The broker does not let this user use the cluster</source>
        <translation>Broker 不允许此用户使用集群</translation>
    </message>
    <message>
        <source>Give the Kafka user the right to write idempotently (IdempotentWrite on the cluster).</source>
        <translation>请授予该 Kafka 用户幂等写入的权限（集群的 IdempotentWrite）。</translation>
    </message>
    <message>
        <source>no connection to a broker</source>
        <translation>没有与任何 Broker 的连接</translation>
    </message>
    <message>
        <source>{what}: {words}.</source>
        <translation>{what}：{words}。</translation>
    </message>
    <message>
        <source>Raise max.message.bytes of the topic, or lower detection.evidence_max_bytes.</source>
        <translation>请调大主题的 max.message.bytes，或调小 detection.evidence_max_bytes。</translation>
    </message>
    <message>
        <source>Give the Kafka user the right to write to the topic.</source>
        <translation>请授予该 Kafka 用户写入该主题的权限。</translation>
    </message>
    <message>
        <source>Make the topic, or give the Kafka user the right to.</source>
        <translation>请创建该主题，或授予该 Kafka 用户创建它的权限。</translation>
    </message>
    <message>
        <source>A message of {size} bytes for {topic} is larger than the broker takes.</source>
        <translation>发往 {topic} 的 {size} 字节消息超过 Broker 的上限。</translation>
    </message>
    <message>
        <source>A message could not be delivered: {reason}.</source>
        <translation>一条消息未能送达：{reason}。</translation>
    </message>
    <message>
        <source>The broker has not taken any message for {limit_s:.0f} s.</source>
        <translation>Broker 已有 {limit_s:.0f} 秒没有接收任何消息。</translation>
    </message>
    <message>
        <source>The worker starts anew and reads its input again.</source>
        <translation>处理单元会重新启动，并重新读取输入。</translation>
    </message>
    <message>
        <source>See whether the Kafka cluster is up and reachable.</source>
        <translation>请检查 Kafka 集群是否在运行且可以到达。</translation>
    </message>
    <message>
        <source>{server} ends the connection at Kafka&apos;s first request</source>
        <translation>{server} 在 Kafka 的第一个请求时断开连接</translation>
    </message>
    <message>
        <source>the TLS greeting with {server} fails: {reason}</source>
        <translation>与 {server} 的 TLS 握手失败：{reason}</translation>
    </message>
    <message>
        <source>The broker&apos;s log tells its side.</source>
        <translation>Broker 的日志有它那一侧的说明。</translation>
    </message>
    <message>
        <source>no answer within {limit_s:.0f} s</source>
        <translation>{limit_s:.0f} 秒内没有响应</translation>
    </message>
    <message>
        <source>See whether the network is up and its name server.</source>
        <translation>请检查网络及其 DNS 服务器是否正常。</translation>
    </message>
    <message>
        <source>{server} is a web server, no Kafka broker</source>
        <translation>{server} 是网页服务器，不是 Kafka Broker</translation>
    </message>
    <message>
        <source>Use the address of a Kafka broker&apos;s listener (often port 9092).</source>
        <translation>请使用 Kafka Broker 监听器的地址（通常是 9092 端口）。</translation>
    </message>
    <message>
        <source>the certificate of {server} is not accepted: {verify_message}</source>
        <translation>{server} 的证书不被接受：{verify_message}</translation>
    </message>
    <message>
        <source>the certificate</source>
        <translation>该证书</translation>
    </message>
    <message>
        <source>ssl.certificate.location, ssl.key.location or ssl.key.password</source>
        <translation>ssl.certificate.location、ssl.key.location 或 ssl.key.password</translation>
    </message>
    <message>
        <source>{server} answers, but not in Kafka&apos;s protocol</source>
        <translation>{server} 有应答，但不是 Kafka 协议</translation>
    </message>
    <message>
        <source>Set ssl.ca.location to the PEM file of the authority that signed it (the certificate itself if it is self-signed).</source>
        <translation>请将 ssl.ca.location 设为签发机构的 PEM 文件（自签名证书则为证书本身）。</translation>
    </message>
    <message>
        <source>{server} does not speak TLS</source>
        <translation>{server} 不使用 TLS</translation>
    </message>
    <message>
        <source>Use the broker&apos;s TLS port, or set security.protocol to the kind without SSL.</source>
        <translation>请使用 Broker 的 TLS 端口，或将 security.protocol 设为不带 SSL 的种类。</translation>
    </message>
    <message>
        <source>the name {host} is not known here ({error})</source>
        <translation>这里不认识名称 {host}（{error}）</translation>
    </message>
    <message>
        <source>Correct the name, or have it added to the name server (DNS) or the hosts file; a VPN may have to be on.</source>
        <translation>请改正名称，或将它加入 DNS 服务器或 hosts 文件；可能需要连接 VPN。</translation>
    </message>
    <message>
        <source>{server} refuses connections: nothing listens on this port</source>
        <translation>{server} 拒绝连接：此端口上没有程序监听</translation>
    </message>
    <message>
        <source>See whether the broker runs and whether the port is right.</source>
        <translation>请检查 Broker 是否在运行，以及端口是否正确。</translation>
    </message>
    <message>
        <source>{server} has not answered within {limit_s:.0f} s</source>
        <translation>{server} 在 {limit_s:.0f} 秒内没有响应</translation>
    </message>
    <message>
        <source>A firewall may swallow the connection, or the machine is off.</source>
        <translation>可能有防火墙丢弃了连接，或该主机已关机。</translation>
    </message>
    <message>
        <source>{server} cannot be reached: {error}</source>
        <translation>无法到达 {server}：{error}</translation>
    </message>
    <message>
        <source>See whether this machine is in the right network; a VPN may have to be on.</source>
        <translation>请检查本机是否在正确的网络中；可能需要连接 VPN。</translation>
    </message>
    <message>
        <source>{value} cannot be used: {error}</source>
        <translation>{value} 无法使用：{error}</translation>
    </message>
    <message>
        <source>Correct {names}: it must be a PEM file that this user may read.</source>
        <translation>请改正 {names}：必须是此用户可读的 PEM 文件。</translation>
    </message>
    <message>
        <source>{server} accepts connections, but has not answered Kafka&apos;s first request within {limit_s:.0f} s</source>
        <translation>{server} 接受连接，但在 {limit_s:.0f} 秒内没有回应 Kafka 的第一个请求</translation>
    </message>
    <message>
        <source>See whether it is a Kafka broker&apos;s port, and whether the broker is well.</source>
        <translation>请检查它是否为 Kafka Broker 的端口，以及 Broker 是否正常。</translation>
    </message>
    <message>
        <source>{server} ends the connection at Kafka&apos;s first request: {error}</source>
        <translation>{server} 在 Kafka 的第一个请求时断开连接：{error}</translation>
    </message>
    <message>
        <source>See whether it is a Kafka broker&apos;s port; the broker&apos;s log tells its side.</source>
        <translation>请检查它是否为 Kafka Broker 的端口；Broker 的日志有它那一侧的说明。</translation>
    </message>
    <message>
        <source>Use a host name that the certificate holds, or have it made for this one.</source>
        <translation>请使用证书中包含的主机名，或为此主机名签发证书。</translation>
    </message>
    <message>
        <source>The broker may want a client certificate: set ssl.certificate.location and its key.</source>
        <translation>Broker 可能要求客户端证书：请设置 ssl.certificate.location 及其密钥。</translation>
    </message>
    <message>
        <source>{server} accepts connections, but has not answered the TLS greeting within {limit_s:.0f} s</source>
        <translation>{server} 接受连接，但在 {limit_s:.0f} 秒内没有回应 TLS 握手</translation>
    </message>
    <message>
        <source>See whether this is the broker&apos;s TLS port, and whether the broker is well.</source>
        <translation>请检查它是否为 Broker 的 TLS 端口，以及 Broker 是否正常。</translation>
    </message>
    <message>
        <source>{server} ends the connection at the TLS greeting: {error}</source>
        <translation>{server} 在 TLS 握手时断开连接：{error}</translation>
    </message>
    <message>
        <source>See whether this is the broker&apos;s TLS port; the broker&apos;s log tells its side.</source>
        <translation>请检查它是否为 Broker 的 TLS 端口；Broker 的日志有它那一侧的说明。</translation>
    </message>
    <message>
        <source>Have the certificate renewed; see that this machine&apos;s clock is right.</source>
        <translation>请更新证书，并确认本机时钟正确。</translation>
    </message>
    <message>
        <source>{server} speaks TLS, but the settings say to speak without</source>
        <translation>{server} 使用 TLS，但设置为不使用</translation>
    </message>
    <message>
        <source>Set security.protocol to SSL, or to SASL_SSL where a user logs in.</source>
        <translation>请将 security.protocol 设为 SSL，需要用户登录时设为 SASL_SSL。</translation>
    </message>
    <message>
        <source>Kafka settings: no value for {name}, since {error}.</source>
        <translation>Kafka 设置：{name} 没有值，因为{error}。</translation>
    </message>
    <message>
        <source>refused by the server</source>
        <translation>被服务器拒绝</translation>
    </message>
    <message>
        <source>what is stored is no API key: it has spaces or other characters</source>
        <translation>存储的内容不是 API 密钥：其中有空格或其他字符</translation>
    </message>
    <message>
        <source>the answer is larger than {limit:,} bytes</source>
        <translation>响应超过 {limit:,} 字节</translation>
    </message>
    <message>
        <source>the server answered {status}: {words}</source>
        <translation>服务器返回 {status}：{words}</translation>
    </message>
    <message>
        <source>the server answered {status}</source>
        <translation>服务器返回 {status}</translation>
    </message>
    <message>
        <source>the server answered with {kind} and not JSON</source>
        <translation>服务器返回的是 {kind} 而不是 JSON</translation>
    </message>
    <message>
        <source>the server did not answer in time</source>
        <translation>服务器未及时响应</translation>
    </message>
    <message>
        <source>no connection: {words}</source>
        <translation>没有连接：{words}</translation>
    </message>
    <message>
        <source>{host} is down ({reason}); next try at {moment}</source>
        <translation>{host} 无法使用（{reason}）；下次尝试在 {moment}</translation>
    </message>
    <message>
        <source>all API keys rest ({resting} cooling, {disabled} disabled); it goes on at {moment}</source>
        <translation>所有 API 密钥都在休息（{resting} 个冷却中，{disabled} 个已停用）；{moment} 继续</translation>
    </message>
    <message>
        <source>{key}: {reason}</source>
        <translation>{key}：{reason}</translation>
    </message>
    <message>
        <source>no API key can be used ({keys}); see the settings</source>
        <translation>没有可用的 API 密钥（{keys}）；请查看设置</translation>
    </message>
    <message>
        <source>there is no API key; see the settings</source>
        <translation>没有 API 密钥；请查看设置</translation>
    </message>
    <message>
        <source>the rules judge meanwhile</source>
        <translation>期间由规则判断</translation>
    </message>
    <message>
        <source>{tokens:,} tokens a day</source>
        <translation>每天 {tokens:,} 个 token</translation>
    </message>
    <message>
        <source>a cost of {cost:g} a day</source>
        <translation>每天费用 {cost:g}</translation>
    </message>
    <message>
        <source>The prompt cannot be used: {error}.</source>
        <translation>提示词无法使用：{error}。</translation>
    </message>
    <message>
        <source>Mend it in the settings, or go back to the one that ships.</source>
        <translation>请在设置中改正，或恢复自带的提示词。</translation>
    </message>
    <message>
        <source>Or put the secret into an environment variable of this program and write env:NAME in its place.</source>
        <translation>或将密钥放入本程序的环境变量，并在此处写 env:名称。</translation>
    </message>
    <message>
        <source>the credential store cannot be used: {words}</source>
        <translation>凭据库无法使用：{words}</translation>
    </message>
    <message>
        <source>this is no reference to a secret</source>
        <translation>这不是密钥的引用</translation>
    </message>
    <message>
        <source>Write env:NAME or keyring:NAME in its place.</source>
        <translation>请在此处写 env:名称或 keyring:名称。</translation>
    </message>
    <message>
        <source>Set the environment variable {name} for the program, then start it again.</source>
        <translation>请为本程序设置环境变量 {name}，然后重新启动。</translation>
    </message>
    <message>
        <source>nothing is stored as {reference}</source>
        <translation>{reference} 下没有存储任何内容</translation>
    </message>
    <message>
        <source>the credential store ({store}) does not keep what it is given</source>
        <translation>凭据库（{store}）不保存交给它的内容</translation>
    </message>
    <message>
        <source>this system has no credential store that can be used</source>
        <translation>本系统没有可用的凭据库</translation>
    </message>
    <message>
        <source>the credential store is locked</source>
        <translation>凭据库已锁定</translation>
    </message>
    <message>
        <source>Unlock it, then try again.</source>
        <translation>请解锁后重试。</translation>
    </message>
    <message>
        <source>See that it works for other programs.</source>
        <translation>请检查其他程序能否使用它。</translation>
    </message>
    <message>
        <source>Store it: python -m keyring set {service} {name}, or in the window.</source>
        <translation>请存储：python -m keyring set {service} {name}，或在窗口中存储。</translation>
    </message>
    <message>
        <source>Set up the credential store of this system.</source>
        <translation>请设置好本系统的凭据库。</translation>
    </message>
    <message>
        <source>On Linux, start one that offers the Secret Service, such as gnome-keyring or KWallet.</source>
        <translation>在 Linux 上，请启动提供 Secret Service 的程序，例如 gnome-keyring 或 KWallet。</translation>
    </message>
    <message>
        <source>{name} ended by itself without being asked to</source>
        <translation>{name} 未经要求就自行结束了</translation>
    </message>
    <message>
        <source>{first} {second}</source>
        <translation>{first}{second}</translation>
    </message>
    <message>
        <source>{place}: unknown setting; known names: {names}</source>
        <translation>{place}：未知的设置项；已知的名称：{names}</translation>
    </message>
    <message>
        <source>{place}: unknown setting; did you mean `{name}`?</source>
        <translation>{place}：未知的设置项；您是想写 `{name}` 吗？</translation>
    </message>
    <message>
        <source>must name at least one host:port in cluster mode</source>
        <translation>集群模式下必须至少填写一个 host:port</translation>
    </message>
    <message>
        <source>camera id used more than once: {ids}</source>
        <translation>摄像头编号重复：{ids}</translation>
    </message>
    <message>
        <source>must be a reference such as env:NAME or keyring:NAME</source>
        <translation>必须是 env:NAME 或 keyring:NAME 这样的引用</translation>
    </message>
    <message>
        <source>must be later than the begin</source>
        <translation>必须晚于开始时间</translation>
    </message>
    <message>
        <source>must be less than a week after the begin of a weekly time</source>
        <translation>每周重复的时段，结束时间必须在开始后一周之内</translation>
    </message>
    <message>
        <source>must begin with http:// or https:// and name a host</source>
        <translation>必须以 http:// 或 https:// 开头，并写明主机</translation>
    </message>
    <message>
        <source>must be given where there is a mail server</source>
        <translation>填写了邮件服务器时，此项不能为空</translation>
    </message>
    <message>
        <source>an address must be on one line</source>
        <translation>一个地址必须写在一行内</translation>
    </message>
    <message>
        <source>the points lie on one line; an area needs three that do not</source>
        <translation>这些点在一条直线上；区域至少需要三个不在同一直线上的点</translation>
    </message>
    <message>
        <source>the two ends of the line lie on each other</source>
        <translation>线的两个端点重合</translation>
    </message>
    <message>
        <source>no three of the four points may lie on one line</source>
        <translation>四个点中任意三个都不能在同一直线上</translation>
    </message>
    <message>
        <source>begin and end are local times, without a time zone</source>
        <translation>开始和结束都是本地时间，不带时区</translation>
    </message>
    <message>
        <source>must differ from the begin</source>
        <translation>不能与开始时间相同</translation>
    </message>
    <message>
        <source>say what is different: no detection, another rate or another confidence</source>
        <translation>请说明有何不同：不检测、另一个频率或另一个置信度</translation>
    </message>
    <message>
        <source>with detection off there is no rate and no confidence</source>
        <translation>关闭检测时，不能再设置频率和置信度</translation>
    </message>
    <message>
        <source>needs three corners at least</source>
        <translation>至少需要三个顶点</translation>
    </message>
    <message>
        <source>name used more than once: {names}</source>
        <translation>名称重复：{names}</translation>
    </message>
    <message>
        <source>{name}: cannot be read ({error})</source>
        <translation>{name}：无法读取（{error}）</translation>
    </message>
    <message>
        <source>{name}: not valid TOML: {error}</source>
        <translation>{name}：不是有效的 TOML：{error}</translation>
    </message>
    <message>
        <source>must not be empty</source>
        <translation>不能为空</translation>
    </message>
    <message>
        <source>at most {limit} characters</source>
        <translation>最多 {limit} 个字符</translation>
    </message>
    <message>
        <source>only letters A–Z, digits and . _ - without spaces, 64 at most</source>
        <translation>只能使用字母 A–Z、数字和 . _ -，不含空格，最多 64 个</translation>
    </message>
    <message>
        <source>choose from {choices}</source>
        <translation>请从以下选择：{choices}</translation>
    </message>
    <message>
        <source>there is no such setting</source>
        <translation>没有这个设置项</translation>
    </message>
    <message>
        <source>at least {limit} of them</source>
        <translation>至少需要 {limit} 个</translation>
    </message>
    <message>
        <source>at most {limit} of them</source>
        <translation>最多 {limit} 个</translation>
    </message>
    <message>
        <source>write the time with its time zone, such as 2026-05-01T22:00:00+02:00</source>
        <translation>请写出带时区的时间，例如 2026-05-01T22:00:00+02:00</translation>
    </message>
    <message>
        <source>enter a whole number</source>
        <translation>请输入整数</translation>
    </message>
    <message>
        <source>enter a number, such as 0.5</source>
        <translation>请输入数字，例如 0.5</translation>
    </message>
    <message>
        <source>must be more than {limit}</source>
        <translation>必须大于 {limit}</translation>
    </message>
    <message>
        <source>must be {limit} or more</source>
        <translation>必须不小于 {limit}</translation>
    </message>
    <message>
        <source>must be less than {limit}</source>
        <translation>必须小于 {limit}</translation>
    </message>
    <message>
        <source>must be {limit} or less</source>
        <translation>必须不大于 {limit}</translation>
    </message>
    <message>
        <source>must be a text in quotes</source>
        <translation>必须是引号中的文本</translation>
    </message>
    <message>
        <source>must be true or false</source>
        <translation>必须是 true 或 false</translation>
    </message>
    <message>
        <source>must be a list in square brackets</source>
        <translation>必须是方括号中的列表</translation>
    </message>
    <message>
        <source>must be a table</source>
        <translation>必须是一个表</translation>
    </message>
    <message>
        <source>write a time of day, such as 22:00</source>
        <translation>请写出一天中的时刻，例如 22:00</translation>
    </message>
    <message>
        <source>write a date and a time, such as 2026-05-01T22:00:00+02:00</source>
        <translation>请写出日期和时间，例如 2026-05-01T22:00:00+02:00</translation>
    </message>
    <message>
        <source>must hold no user, password, query or fragment</source>
        <translation>不能含有用户名、密码、查询参数或片段</translation>
    </message>
    <message>
        <source>needs the price of input or of output</source>
        <translation>需要先填写输入或输出的价格</translation>
    </message>
    <message>
        <source>must be given for a language model</source>
        <translation>使用大模型时必须填写</translation>
    </message>
    <message>
        <source>must be an https:// address</source>
        <translation>必须是 https:// 地址</translation>
    </message>
    <message>
        <source>must say where to ask</source>
        <translation>必须填写到哪里询问</translation>
    </message>
    <message>
        <source>{place}: {problem}</source>
        <translation>{place}：{problem}</translation>
    </message>
    <message>
        <source>the letters of the file cannot be told; save it as “CSV UTF-8”</source>
        <translation>无法识别文件的字符编码；请另存为“CSV UTF-8”</translation>
    </message>
    <message>
        <source>more cells than the header has columns</source>
        <translation>单元格数多于表头的列数</translation>
    </message>
    <message>
        <source>the id {id} was already in line {line}</source>
        <translation>编号 {id} 在第 {line} 行已经出现过</translation>
    </message>
    <message>
        <source>there is no camera below the header</source>
        <translation>表头下面没有摄像头</translation>
    </message>
    <message>
        <source>the first line must name the columns, such as id,name,source; known columns: {names}</source>
        <translation>第一行必须写出列名，例如 id,name,source；已知的列：{names}</translation>
    </message>
    <message>
        <source>write user name and password in place of {mask}</source>
        <translation>请用用户名和密码替换 {mask}</translation>
    </message>
    <message>
        <source>the column {column} is there more than once</source>
        <translation>列 {column} 出现了不止一次</translation>
    </message>
    <message>
        <source>more than {limit} cameras in one list</source>
        <translation>一个列表中的摄像头超过 {limit} 个</translation>
    </message>
    <message>
        <source>unknown column {column}; did you mean {name}?</source>
        <translation>未知的列 {column}；您是想写 {name} 吗？</translation>
    </message>
    <message>
        <source>unknown column {column}; known: {names}</source>
        <translation>未知的列 {column}；已知的列：{names}</translation>
    </message>
    <message>
        <source>write yes or no</source>
        <translation>请写 yes 或 no</translation>
    </message>
    <message>
        <source>{name} is not a picture that can be read (JPEG, PNG, BMP, WebP)</source>
        <translation>{name} 不是可以读取的图片（JPEG、PNG、BMP、WebP）</translation>
    </message>
    <message>
        <source>pictures cannot be written as {suffix}; use .jpg or .png</source>
        <translation>图片不能写成 {suffix} 格式；请使用 .jpg 或 .png</translation>
    </message>
    <message>
        <source>The demo clip cannot be read; choose a picture.</source>
        <translation>无法读取演示片段；请选择一张图片。</translation>
    </message>
    <message>
        <source>{model} gave no boxes within {limit} s. Choose a smaller model, or another provider.</source>
        <translation>{model} 在 {limit} 秒内没有给出检测框。请选择更小的模型，或换一种运行方式。</translation>
    </message>
    <message>
        <source>{model} ended the process that tried it (code {code}): it cannot be used here.</source>
        <translation>{model} 使试运行它的进程意外结束（代码 {code}）：此模型在这里不能使用。</translation>
    </message>
    <message>
        <source>the output `{name}` does not tell the {count} pictures of a run apart; export the model for one picture at a time</source>
        <translation>输出 `{name}` 不能区分一次运行中的 {count} 张图片；请将模型导出为每次处理一张图片</translation>
    </message>
    <message>
        <source>{model} has no class `{name}`. Did you mean `{other}`?</source>
        <translation>{model} 没有类别 `{name}`。您是想写 `{other}` 吗？</translation>
    </message>
    <message>
        <source>{model} has no class `{name}`. It knows: {names}.</source>
        <translation>{model} 没有类别 `{name}`。它能识别：{names}。</translation>
    </message>
    <message>
        <source>{name} is {given}, expected {expected}</source>
        <translation>{name} 是 {given}，应为 {expected}</translation>
    </message>
    <message>
        <source>a box or confidence is not a finite number</source>
        <translation>有检测框或置信度不是有限的数值</translation>
    </message>
    <message>
        <source>a box ends before it begins</source>
        <translation>有检测框的终点在起点之前</translation>
    </message>
    <message>
        <source>{name} is not in this build of onnxruntime</source>
        <translation>此版本的 onnxruntime 不含 {name}</translation>
    </message>
    <message>
        <source>there is no device `{device}`; there are: {names}</source>
        <translation>没有设备 `{device}`；现有设备：{names}</translation>
    </message>
    <message>
        <source>there is no device `{device}`, nor any other</source>
        <translation>没有设备 `{device}`，也没有其他设备</translation>
    </message>
    <message>
        <source>outputs scores_8, distances_8, ... and metadata `family` = nanodet</source>
        <translation>输出 scores_8、distances_8 等，且元数据 `family` = nanodet</translation>
    </message>
    <message>
        <source>the metadata names the family nanodet</source>
        <translation>元数据写明类型为 nanodet</translation>
    </message>
    <message>
        <source>class and side maps for strides {strides}</source>
        <translation>步长 {strides} 的类别图和边距图</translation>
    </message>
    <message>
        <source>{model}: the NanoDet metadata is missing or wrong ({error}). Convert the model again with tools/convert_nanodet.py.</source>
        <translation>{model}：NanoDet 元数据缺失或有误（{error}）。请用 tools/convert_nanodet.py 重新转换模型。</translation>
    </message>
    <message>
        <source>{model} has no output {name} of width {width}; it has {outputs}. Is it really a NanoDet?</source>
        <translation>{model} 没有宽度为 {width} 的输出 {name}；它的输出是 {outputs}。它确实是 NanoDet 吗？</translation>
    </message>
    <message>
        <source>one output (1, cells, classes + 32) over the strides 8 to 64</source>
        <translation>一个输出 1 × 网格数 ×（类别数 + 32），步长 8 至 64</translation>
    </message>
    <message>
        <source>{count} numbers each are {classes} classes + {sides} sides x {bins} bins</source>
        <translation>每个候选有 {count} 个数：{classes} 个类别 + {sides} 条边 × {bins} 个区间</translation>
    </message>
    <message>
        <source>outputs dets and labels (1, queries, classes + 1), as RF-DETR gives them</source>
        <translation>输出 dets 和 labels，后者为 1 × 查询数 ×（类别数 + 1），与 RF-DETR 相同</translation>
    </message>
    <message>
        <source>{width} places are COCO&apos;s category ids</source>
        <translation>{width} 个位置对应 COCO 的类别编号</translation>
    </message>
    <message>
        <source>{width} places are {classes} classes and the background</source>
        <translation>{width} 个位置对应 {classes} 个类别和背景</translation>
    </message>
    <message>
        <source>outputs `{boxes}` {shape} and `{logits}` {other}</source>
        <translation>输出 `{boxes}` {shape} 和 `{logits}` {other}</translation>
    </message>
    <message>
        <source>outputs labels, boxes, scores with the input orig_target_sizes, or logits and pred_boxes, as RT-DETR and D-FINE give them</source>
        <translation>输出 labels、boxes、scores 且有输入 orig_target_sizes，或输出 logits 和 pred_boxes，与 RT-DETR、D-FINE 相同</translation>
    </message>
    <message>
        <source>the input `{name}` beside the picture</source>
        <translation>除图片外还有输入 `{name}`</translation>
    </message>
    <message>
        <source>outputs labels, boxes {shape}, scores</source>
        <translation>输出 labels、boxes {shape}、scores</translation>
    </message>
    <message>
        <source>outputs `{logits}` {shape} and `{boxes}`</source>
        <translation>输出 `{logits}` {shape} 和 `{boxes}`</translation>
    </message>
    <message>
        <source>{classes} classes, no place for a background</source>
        <translation>{classes} 个类别，没有背景的位置</translation>
    </message>
    <message>
        <source>output {shape}: queries of box and {classes} class scores</source>
        <translation>输出 {shape}：每个查询含检测框和 {classes} 个类别得分</translation>
    </message>
    <message>
        <source>the metadata says `{words}`</source>
        <translation>元数据写着 `{words}`</translation>
    </message>
    <message>
        <source>outputs detection_boxes, detection_classes, detection_scores, num_detections, or bboxes, labels, scores</source>
        <translation>输出 detection_boxes、detection_classes、detection_scores、num_detections，或 bboxes、labels、scores</translation>
    </message>
    <message>
        <source>outputs `{boxes}` {shape}, {others}</source>
        <translation>输出 `{boxes}` {shape}、{others}</translation>
    </message>
    <message>
        <source>named as {exporter} names them; classes counted from {first}</source>
        <translation>命名与 {exporter} 相同；类别从 {first} 开始计数</translation>
    </message>
    <message>
        <source>one output (1, 4 + classes, boxes), as YOLOv8 to YOLO26 give it</source>
        <translation>一个输出 1 ×（4 + 类别数）× 框数，与 YOLOv8 至 YOLO26 相同</translation>
    </message>
    <message>
        <source>metadata of Ultralytics&apos; exporter</source>
        <translation>有 Ultralytics 导出工具的元数据</translation>
    </message>
    <message>
        <source>classifies whole pictures</source>
        <translation>对整张图片分类</translation>
    </message>
    <message>
        <source>finds rotated boxes</source>
        <translation>检测旋转框</translation>
    </message>
    <message>
        <source>output {shape}: {count} candidates are {per_cell} for each cell of the strides {strides} at {size}</source>
        <translation>输出 {shape}：{count} 个候选，即 {size} 下步长 {strides} 的每个网格 {per_cell} 个</translation>
    </message>
    <message>
        <source>{count} numbers each are {fixed} + {classes} classes + {extra} for masks or key points</source>
        <translation>每个候选有 {count} 个数：{fixed} + {classes} 个类别 + {extra} 个用于掩码或关键点</translation>
    </message>
    <message>
        <source>{count} numbers each are {fixed} + {classes} classes</source>
        <translation>每个候选有 {count} 个数：{fixed} + {classes} 个类别</translation>
    </message>
    <message>
        <source>{model} {does} (task `{task}`). Choose a model for detecting or segmenting objects.</source>
        <translation>{model} 用于{does}（任务 `{task}`）。请选择用于目标检测或分割的模型。</translation>
    </message>
    <message>
        <source>one output (1, boxes, 6), as YOLOv10, YOLO26 and nms=True give it</source>
        <translation>一个输出 1 × 框数 × 6，与 YOLOv10、YOLO26 及 nms=True 相同</translation>
    </message>
    <message>
        <source>picture, box, class, score</source>
        <translation>图片、检测框、类别、得分</translation>
    </message>
    <message>
        <source>box, score, class</source>
        <translation>检测框、得分、类别</translation>
    </message>
    <message>
        <source>output {shape}: at most {rows} finished rows of {meaning}</source>
        <translation>输出 {shape}：最多 {rows} 行结果，每行为{meaning}</translation>
    </message>
    <message>
        <source>output {shape}: finished rows of {meaning}</source>
        <translation>输出 {shape}：结果每行为{meaning}</translation>
    </message>
    <message>
        <source>{extra} further numbers each are for masks or key points</source>
        <translation>另有 {extra} 个数用于掩码或关键点</translation>
    </message>
    <message>
        <source>one output (1, boxes, 5 + classes), as YOLOv5 and v7 (and v6) give it</source>
        <translation>一个输出 1 × 框数 ×（5 + 类别数），与 YOLOv5、v7（和 v6）相同</translation>
    </message>
    <message>
        <source>one output (1, cells, 5 + classes) with one row a cell</source>
        <translation>一个输出 1 × 网格数 ×（5 + 类别数），每个网格一行</translation>
    </message>
    <message>
        <source>the centres follow the grid: decoded inside</source>
        <translation>中心点与网格一致：已在模型内解码</translation>
    </message>
    <message>
        <source>the centres do not follow the grid: decoded here</source>
        <translation>中心点与网格不一致：在这里解码</translation>
    </message>
    <message>
        <source>the output is called `output`, as YOLOX&apos;s exporter calls it</source>
        <translation>输出名为 `output`，与 YOLOX 的导出工具相同</translation>
    </message>
    <message>
        <source>{model} gives no boxes when read as {family}: {what}. Pick another family, or export the model again.</source>
        <translation>{model} 按 {family} 读取时得不到检测框：{what}。请选择其他类型，或重新导出模型。</translation>
    </message>
    <message>
        <source>a confidence of {value}</source>
        <translation>置信度为 {value}</translation>
    </message>
    <message>
        <source>input {input}: {preparation}</source>
        <translation>输入 {input}：{preparation}</translation>
    </message>
    <message>
        <source>any size</source>
        <translation>任意尺寸</translation>
    </message>
    <message>
        <source>`{name}` {axes} {kind}, {size}</source>
        <translation>`{name}` {axes} {kind}，{size}</translation>
    </message>
    <message>
        <source>no input</source>
        <translation>没有输入</translation>
    </message>
    <message>
        <source>{model} needs the input `{name}` beside the picture, which no supported family has. Export it so that it takes only the picture.</source>
        <translation>{model} 除图片外还需要输入 `{name}`，支持的类型中都没有它。请导出为只需要图片的模型。</translation>
    </message>
    <message>
        <source>{model} takes no picture: an input of four axes and a known number type is needed, it has {inputs}. Choose an object detector.</source>
        <translation>{model} 不接受图片：需要一个四维且数值类型已知的输入，它的输入是 {inputs}。请选择目标检测模型。</translation>
    </message>
    <message>
        <source>{model} takes pictures of {channels} channels ({inputs}); only colour pictures of {colours} channels are supported.</source>
        <translation>{model} 要求 {channels} 通道的图片（{inputs}）；只支持 {colours} 通道的彩色图片。</translation>
    </message>
    <message>
        <source>{model} takes {batch} pictures at once; export it for one at a time, or with a batch size that may vary.</source>
        <translation>{model} 每次需要 {batch} 张图片；请导出为每次一张，或批量大小可变。</translation>
    </message>
    <message>
        <source>neither a list nor a dictionary of names</source>
        <translation>既不是名称列表，也不是名称字典</translation>
    </message>
    <message>
        <source>the metadata</source>
        <translation>元数据</translation>
    </message>
    <message>
        <source>{model} tells apart {classes} classes, but {origin} has {names} names. Put the right names into {file} beside it, one a line.</source>
        <translation>{model} 区分 {classes} 个类别，但 {origin} 有 {names} 个名称。请将正确的名称写入它旁边的 {file}，每行一个。</translation>
    </message>
    <message>
        <source>too long</source>
        <translation>太长</translation>
    </message>
    <message>
        <source>no entry `names:`</source>
        <translation>没有 `names:` 条目</translation>
    </message>
    <message>
        <source>`{sign}` is missing</source>
        <translation>缺少 `{sign}`</translation>
    </message>
    <message>
        <source>no names, or class numbers that are out of range</source>
        <translation>没有名称，或类别编号超出范围</translation>
    </message>
    <message>
        <source>no class names in the file: those of COCO taken</source>
        <translation>文件中没有类别名称：采用 COCO 的名称</translation>
    </message>
    <message>
        <source>nested too deeply</source>
        <translation>嵌套太深</translation>
    </message>
    <message>
        <source>{model}: the class names in its metadata cannot be read ({error}). Export it again.</source>
        <translation>{model}：无法读取其元数据中的类别名称（{error}）。请重新导出。</translation>
    </message>
    <message>
        <source>{file} beside {model} holds no class names ({error}). Write one name a line into a file that ends in .names.</source>
        <translation>{model} 旁边的 {file} 中没有类别名称（{error}）。请将名称写入以 .names 结尾的文件，每行一个。</translation>
    </message>
    <message>
        <source>no class names in the file, {count} classes: those of COCO taken</source>
        <translation>文件中没有类别名称，共 {count} 个类别：采用 COCO 的名称</translation>
    </message>
    <message>
        <source>{way}, {order}, mean and deviation {scale}</source>
        <translation>{way}，{order}，均值和标准差 {scale}</translation>
    </message>
    <message>
        <source>fitted, with a border of grey {grey}</source>
        <translation>等比缩放，边缘填充灰度 {grey}</translation>
    </message>
    <message>
        <source>fitted at the top left, with a border of grey {grey}</source>
        <translation>靠左上等比缩放，边缘填充灰度 {grey}</translation>
    </message>
    <message>
        <source>stretched</source>
        <translation>拉伸</translation>
    </message>
    <message>
        <source>the outputs {shapes} for the input {input}</source>
        <translation>输入 {input} 时的输出 {shapes}</translation>
    </message>
    <message>
        <source>{model} is of no known model family: it has {shapes}. Known: {families}.</source>
        <translation>{model} 不属于任何已知的模型类型：它有 {shapes}。已知的类型：{families}。</translation>
    </message>
    <message>
        <source>{model} may be of several model families. Pick one: {families}. {reasons}</source>
        <translation>{model} 可能属于几种模型类型。请选择一种：{families}。{reasons}</translation>
    </message>
    <message>
        <source>{model} cannot be read as {family}: it has {shapes}; {family} has {looks}. Pick another family, or none.</source>
        <translation>{model} 不能按 {family} 读取：它有 {shapes}；{family} 应有 {looks}。请选择其他类型，或不选。</translation>
    </message>
    <message>
        <source>{family} was picked</source>
        <translation>已选择 {family}</translation>
    </message>
    <message>
        <source>{family}: {evidence}.</source>
        <translation>{family}：{evidence}。</translation>
    </message>
    <message>
        <source>`{name}` is no model family. Did you mean `{other}`? Known: {known}.</source>
        <translation>`{name}` 不是模型类型。您是想写 `{other}` 吗？已知的类型：{known}。</translation>
    </message>
    <message>
        <source>`{name}` is no model family. Known: {known}.</source>
        <translation>`{name}` 不是模型类型。已知的类型：{known}。</translation>
    </message>
    <message>
        <source>{model}: its output `{name}` is {kind} without a scale. Export it with outputs in floating point (the inside may stay quantised).</source>
        <translation>{model}：其输出 `{name}` 是 {kind}，没有缩放系数。请将输出导出为浮点数（内部可以保持量化）。</translation>
    </message>
    <message>
        <source>{family} ({looks})</source>
        <translation>{family}（{looks}）</translation>
    </message>
    <message>
        <source>the file with its weights</source>
        <translation>存放权重的文件</translation>
    </message>
    <message>
        <source>{provider}: {error}</source>
        <translation>{provider}：{error}</translation>
    </message>
    <message>
        <source>input size {wanted} does not fit {model}: it was exported for {size} only.</source>
        <translation>输入尺寸 {wanted} 不适合 {model}：它只为 {size} 导出。</translation>
    </message>
    <message>
        <source>input size {wanted} does not fit {model}: width and height must be multiples of {step}, at least {least} and at most {most}. Nearest: {size}.</source>
        <translation>输入尺寸 {wanted} 不适合 {model}：宽和高必须是 {step} 的倍数，不小于 {least}，不大于 {most}。最接近的是 {size}。</translation>
    </message>
    <message>
        <source>line {line}: a quotation mark is not closed, or stands in a wrong place ({error})</source>
        <translation>第 {line} 行：引号没有闭合，或位置不对（{error}）</translation>
    </message>
    <message>
        <source>the disk is full since {moment}: {name} cannot be opened, and verdicts wait in Kafka. Free at least {room} MB at {folder}; it is tried again every {seconds} s</source>
        <translation>磁盘自 {moment} 起已满：无法打开 {name}，结论留在 Kafka 中等待。请在 {folder} 至少腾出 {room} MB；每 {seconds} 秒重试一次</translation>
    </message>
    <message>
        <source>the name {host} is not known on this network</source>
        <translation>此网络中找不到名称 {host}</translation>
    </message>
    <message>
        <source>nothing listens on port {port}; is the server started?</source>
        <translation>端口 {port} 上没有程序监听，服务器是否已启动？</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Name (DNS)</source>
        <translation>名称解析（DNS）</translation>
    </message>
    <message>
        <source>Connection (TCP)</source>
        <translation>建立连接（TCP）</translation>
    </message>
    <message>
        <source>Encryption (TLS)</source>
        <translation>加密（TLS）</translation>
    </message>
    <message>
        <source>Kafka&apos;s answer</source>
        <translation>Kafka 应答</translation>
    </message>
    <message>
        <source>Login (SASL)</source>
        <translation>登录（SASL）</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>集群信息</translation>
    </message>
    <message>
        <source>Topics</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Rights (ACL)</source>
        <translation>权限（ACL）</translation>
    </message>
    <message>
        <source>not tested, since the step “{failed}” failed</source>
        <translation>未测试，因为“{failed}”这一步失败</translation>
    </message>
    <message>
        <source>offline rules ({version})</source>
        <translation>离线规则（{version}）</translation>
    </message>
    <message>
        <source>nothing can be put into {folder} ({error})</source>
        <translation>无法在 {folder} 中写入文件（{error}）</translation>
    </message>
    <message>
        <source>alarms cannot be written: {trouble}; they go on in memory and are written when it is possible</source>
        <translation>无法写入告警：{trouble}；告警暂存在内存中，一旦可行就会写入</translation>
    </message>
    <message>
        <source>class names from {origin}: {count}</source>
        <translation>类别名称来自 {origin}：{count} 个</translation>
    </message>
    <message>
        <source>no names for its classes ({count}): put them into a .names file beside the model</source>
        <translation>{count} 个类别没有名称：请将名称写入模型旁边的 .names 文件</translation>
    </message>
    <message>
        <source>given up at try {tries}: {error}</source>
        <translation>第 {tries} 次尝试后放弃：{error}</translation>
    </message>
    <message>
        <source>the server ended the connection</source>
        <translation>服务器断开了连接</translation>
    </message>
    <message>
        <source>{cause}: {file}</source>
        <translation>{cause}：{file}</translation>
    </message>
    <message>
        <source>not text in UTF-8 (byte {number})</source>
        <translation>不是 UTF-8 文本（第 {number} 字节）</translation>
    </message>
    <message>
        <source>{words} (error {number})</source>
        <translation>{words}（错误码 {number}）</translation>
    </message>
    <message>
        <source>Operation not permitted</source>
        <translation>不允许此操作</translation>
    </message>
    <message>
        <source>No such file or directory</source>
        <translation>文件或文件夹不存在</translation>
    </message>
    <message>
        <source>Input/output error</source>
        <translation>输入输出错误</translation>
    </message>
    <message>
        <source>No such device or address</source>
        <translation>设备或地址不存在</translation>
    </message>
    <message>
        <source>Resource temporarily unavailable</source>
        <translation>资源暂时不可用</translation>
    </message>
    <message>
        <source>Cannot allocate memory</source>
        <translation>无法分配内存</translation>
    </message>
    <message>
        <source>Permission denied</source>
        <translation>没有权限</translation>
    </message>
    <message>
        <source>Device or resource busy</source>
        <translation>设备或资源正忙</translation>
    </message>
    <message>
        <source>File exists</source>
        <translation>文件已存在</translation>
    </message>
    <message>
        <source>Invalid cross-device link</source>
        <translation>不能跨磁盘移动</translation>
    </message>
    <message>
        <source>No such device</source>
        <translation>设备不存在</translation>
    </message>
    <message>
        <source>Not a directory</source>
        <translation>不是文件夹</translation>
    </message>
    <message>
        <source>Is a directory</source>
        <translation>这是文件夹，不是文件</translation>
    </message>
    <message>
        <source>Invalid argument</source>
        <translation>参数无效</translation>
    </message>
    <message>
        <source>Too many open files in system</source>
        <translation>系统打开的文件过多</translation>
    </message>
    <message>
        <source>Too many open files</source>
        <translation>打开的文件过多</translation>
    </message>
    <message>
        <source>File too large</source>
        <translation>文件过大</translation>
    </message>
    <message>
        <source>No space left on device</source>
        <translation>磁盘空间不足</translation>
    </message>
    <message>
        <source>Read-only file system</source>
        <translation>文件系统为只读</translation>
    </message>
    <message>
        <source>Broken pipe</source>
        <translation>管道已断开</translation>
    </message>
    <message>
        <source>File name too long</source>
        <translation>文件名过长</translation>
    </message>
    <message>
        <source>Directory not empty</source>
        <translation>文件夹不为空</translation>
    </message>
    <message>
        <source>Too many levels of symbolic links</source>
        <translation>符号链接层数过多</translation>
    </message>
    <message>
        <source>Disk quota exceeded</source>
        <translation>超出磁盘配额</translation>
    </message>
    <message>
        <source>Stale file handle</source>
        <translation>文件句柄已失效</translation>
    </message>
    <message>
        <source>Address already in use</source>
        <translation>地址已被占用</translation>
    </message>
    <message>
        <source>Cannot assign requested address</source>
        <translation>无法使用所请求的地址</translation>
    </message>
    <message>
        <source>Network is down</source>
        <translation>网络已断开</translation>
    </message>
    <message>
        <source>Network is unreachable</source>
        <translation>网络不可达</translation>
    </message>
    <message>
        <source>Software caused connection abort</source>
        <translation>本机中止了连接</translation>
    </message>
    <message>
        <source>Connection reset by peer</source>
        <translation>连接被对方重置</translation>
    </message>
    <message>
        <source>Connection timed out</source>
        <translation>连接超时</translation>
    </message>
    <message>
        <source>Connection refused</source>
        <translation>连接被拒绝</translation>
    </message>
    <message>
        <source>No route to host</source>
        <translation>没有到主机的路由</translation>
    </message>
    <message>
        <source>Name or service not known</source>
        <translation>名称无法解析</translation>
    </message>
    <message>
        <source>Temporary failure in name resolution</source>
        <translation>名称解析暂时失败</translation>
    </message>
    <message>
        <source>database is locked</source>
        <translation>数据库被锁定</translation>
    </message>
    <message>
        <source>database table is locked</source>
        <translation>数据库表被锁定</translation>
    </message>
    <message>
        <source>attempt to write a readonly database</source>
        <translation>数据库为只读</translation>
    </message>
    <message>
        <source>disk I/O error</source>
        <translation>磁盘读写错误</translation>
    </message>
    <message>
        <source>database disk image is malformed</source>
        <translation>数据库文件已损坏</translation>
    </message>
    <message>
        <source>database or disk is full</source>
        <translation>数据库或磁盘已满</translation>
    </message>
    <message>
        <source>unable to open database file</source>
        <translation>无法打开数据库文件</translation>
    </message>
    <message>
        <source>file is not a database</source>
        <translation>文件不是数据库</translation>
    </message>
    <message>
        <source>certificate is not yet valid</source>
        <translation>证书尚未生效</translation>
    </message>
    <message>
        <source>certificate has expired</source>
        <translation>证书已过期</translation>
    </message>
    <message>
        <source>self-signed certificate</source>
        <translation>自签名证书</translation>
    </message>
    <message>
        <source>self-signed certificate in certificate chain</source>
        <translation>证书链中有自签名证书</translation>
    </message>
    <message>
        <source>unable to get local issuer certificate</source>
        <translation>找不到颁发者的证书</translation>
    </message>
    <message>
        <source>unable to verify the first certificate</source>
        <translation>无法验证首个证书</translation>
    </message>
    <message>
        <source>certificate is made for another host name</source>
        <translation>证书是为其他主机名签发的</translation>
    </message>
    <message>
        <source>Another program is using the file</source>
        <translation>文件正被其他程序使用</translation>
    </message>
    <message>
        <source>timed out</source>
        <translation>超时</translation>
    </message>
    <message>
        <source>The other side closed the connection</source>
        <translation>对方关闭了连接</translation>
    </message>
    <message>
        <source>It was sent back already.</source>
        <translation>这条消息已经送回过。</translation>
    </message>
    <message>
        <source>Kafka no longer keeps it.</source>
        <translation>Kafka 已不再保留这条消息。</translation>
    </message>
    <message>
        <source>Only the first {size} of its {whole} bytes were kept, since it was larger than the broker takes.</source>
        <translation>消息超过 Broker 的上限，{whole} 字节中只保留了前 {size} 字节。</translation>
    </message>
    <message>
        <source>Nothing tells which topic it came from.</source>
        <translation>无法得知它来自哪个主题。</translation>
    </message>
    <message>
        <source>no offsets</source>
        <translation>没有偏移量</translation>
    </message>
    <message>
        <source>nothing came within {limit_s:.0f} s</source>
        <translation>{limit_s:.0f} 秒内没有收到任何内容</translation>
    </message>
    <message>
        <source>certificate verify failed: {reason}</source>
        <translation>证书验证失败：{reason}</translation>
    </message>
    <message>
        <source>DetectionResult: two groups that are due have the same number</source>
        <translation>DetectionResult：两个待评估的目标组编号相同</translation>
    </message>
    <message>
        <source>DetectionResult: the request&apos;s id of {length} characters is too long; with a group&apos;s number it may have {most}</source>
        <translation>DetectionResult：请求 ID 有 {length} 个字符，过长；连同目标组编号最多 {most} 个字符</translation>
    </message>
    <message>
        <source>DetectionResult: group {group} refers to object {object}, but there are {count}</source>
        <translation>DetectionResult：目标组 {group} 引用了目标 {object}，但只有 {count} 个目标</translation>
    </message>
    <message>
        <source>DetectionResult: a pair of group {group} refers to an object outside the group</source>
        <translation>DetectionResult：目标组 {group} 中有一对引用了组外的目标</translation>
    </message>
    <message>
        <source>{kind}: {problem}</source>
        <translation>{kind}：{problem}</translation>
    </message>
    <message>
        <source>{kind}: not valid JSON ({problem})</source>
        <translation>{kind}：不是有效的 JSON（{problem}）</translation>
    </message>
    <message>
        <source>{problem} - at {place}</source>
        <translation>{problem}，位置 {place}</translation>
    </message>
    <message>
        <source>Object missing required field {field}</source>
        <translation>缺少必需的字段 {field}</translation>
    </message>
    <message>
        <source>Expected {kind}, got {found}</source>
        <translation>应为 {kind}，实际为 {found}</translation>
    </message>
    <message>
        <source>Expected {kind} with a timezone component</source>
        <translation>应为带时区的 {kind}</translation>
    </message>
    <message>
        <source>Expected {kind} of length {limit}</source>
        <translation>应为长度 {limit} 的 {kind}</translation>
    </message>
    <message>
        <source>Expected {kind} {limit}</source>
        <translation>应为 {limit} 的 {kind}</translation>
    </message>
    <message>
        <source>Expected base64</source>
        <translation>应为 base64</translation>
    </message>
    <message>
        <source>Invalid base64 encoded string</source>
        <translation>不是有效的 base64</translation>
    </message>
    <message>
        <source>Invalid RFC3339 encoded datetime</source>
        <translation>不是有效的 RFC 3339 时间</translation>
    </message>
    <message>
        <source>Invalid enum value {value}</source>
        <translation>不允许的值 {value}</translation>
    </message>
    <message>
        <source>Number out of range</source>
        <translation>数值超出范围</translation>
    </message>
    <message>
        <source>Input data was truncated</source>
        <translation>内容不完整</translation>
    </message>
    <message>
        <source>JSON is malformed: invalid character (byte {byte})</source>
        <translation>JSON 格式错误：第 {byte} 字节是无效字符</translation>
    </message>
    <message>
        <source>JSON is malformed: {detail} (byte {byte})</source>
        <translation>第 {byte} 字节处 JSON 格式错误（{detail}）</translation>
    </message>
    <message>
        <source>{scheme}:// is not known here; use one of {known}, or the path of a file</source>
        <translation>此处不支持 {scheme}://；请使用 {known} 之一，或填写文件路径</translation>
    </message>
    <message>
        <source>none of the {count} pictures in {path} can be read, such as: {error}</source>
        <translation>{path} 中的 {count} 张图片均无法读取，例如：{error}</translation>
    </message>
    <message>
        <source>{model} takes pictures of {width}x{height}; a side may have 1 to {most} pixels. Export it for another size.</source>
        <translation>{model} 的输入图片为 {width}x{height}；边长只能为 1 至 {most} 像素。请以其他尺寸导出。</translation>
    </message>
    <message>
        <source>{model}: its output `{name}` is not a number (NaN) where boxes should be. Export it in float32: half precision is too coarse for some models.</source>
        <translation>{model}：输出 `{name}` 本应为检测框，却不是数值（NaN）。请以 float32 导出：半精度对某些模型来说过于粗糙。</translation>
    </message>
    <message>
        <source>{name} keeps its weights in another file, which is not complete. Copy or download that file again.</source>
        <translation>{name} 的权重存放在另一个文件中，而该文件不完整。请重新复制或下载该文件。</translation>
    </message>
    <message>
        <source>{kind}: the time is before 1970 or after 9998; is the clock set? - at {place}</source>
        <translation>{kind}：时间早于 1970 年或晚于 9998 年，时钟是否已设置？位置 {place}</translation>
    </message>
    <message>
        <source>the ceiling of {ceiling} is reached; it goes on at 00:00, or once the settings allow more</source>
        <translation>已达到上限（{ceiling}），00:00 或在设置中提高上限后继续</translation>
    </message>
    <message>
        <source>It says that it came from {source}, whose dead letters are not in {topic}.</source>
        <translation>它声称来自 {source}，但该主题的死信并不在 {topic} 中。</translation>
    </message>
    <message>
        <source>the assessor gave no verdict</source>
        <translation>评估方没有给出结论</translation>
    </message>
    <message>
        <source>the assessor broke down ({kind})</source>
        <translation>评估方出错（{kind}）</translation>
    </message>
    <message>
        <source>a pair of the task refers to object {object}, but there are {count}</source>
        <translation>任务中有一对引用了目标 {object}，但只有 {count} 个目标</translation>
    </message>
    <message>
        <source>there is no path before a semicolon</source>
        <translation>分号前没有路径</translation>
    </message>
    <message>
        <source>{name} is in none of the folders where this system usually looks for libraries</source>
        <translation>在系统通常查找库的文件夹中都没有 {name}</translation>
    </message>
    <message>
        <source>Write the whole path of the library, or take it out.</source>
        <translation>请填写库的完整路径，或将其删除。</translation>
    </message>
    <message>
        <source>the client cannot be made</source>
        <translation>客户端无法创建</translation>
    </message>
    <message>
        <source>librdkafka refuses it, and the client cannot be made</source>
        <translation>librdkafka 会拒绝它，客户端无法创建</translation>
    </message>
    <message>
        <source>librdkafka has no such property, and the client cannot be made</source>
        <translation>librdkafka 没有这个属性，客户端无法创建</translation>
    </message>
    <message>
        <source>there is no such property, and the client cannot be made</source>
        <translation>没有这个属性，客户端无法创建</translation>
    </message>
    <message>
        <source>librdkafka refuses the value, and the client cannot be made</source>
        <translation>librdkafka 会拒绝该值，客户端无法创建</translation>
    </message>
    <message>
        <source>{word!r} is not one of its values</source>
        <translation>“{word}”不是它可用的值</translation>
    </message>
    <message>
        <source>this is not a number</source>
        <translation>这不是数字</translation>
    </message>
    <message>
        <source>{name} is neither a video nor a list of cameras (CSV) nor Kafka properties</source>
        <translation>{name} 既不是视频，也不是摄像头列表（CSV）或 Kafka 属性文件</translation>
    </message>
    <message>
        <source>{name} is empty</source>
        <translation>{name} 是空文件</translation>
    </message>
    <message>
        <source>{name} is a single picture; the folder that holds it can be played</source>
        <translation>{name} 是单张图片；可以播放它所在的文件夹</translation>
    </message>
    <message>
        <source>{name} is a folder without pictures</source>
        <translation>文件夹 {name} 中没有图片</translation>
    </message>
    <message>
        <source>{name} cannot be read</source>
        <translation>无法读取 {name}</translation>
    </message>
    <message>
        <source>{source}: {scheme}:// is no address of a camera</source>
        <translation>{source}：{scheme}:// 不是摄像头地址</translation>
    </message>
</context>
<context>
    <name>PipelineController</name>
    <message>
        <source>The worker&apos;s thread ended by itself; the log has the cause.</source>
        <translation>处理单元的线程自行结束，原因见日志。</translation>
    </message>
</context>
<context>
    <name>PipelinePage</name>
    <message>
        <source>Pipeline</source>
        <translation>流水线</translation>
    </message>
    <message>
        <source>Workers</source>
        <translation>处理单元</translation>
    </message>
</context>
<context>
    <name>PromptDialog</name>
    <message>
        <source>Prompt of the model</source>
        <translation>模型的提示词</translation>
    </message>
    <message>
        <source>Template</source>
        <translation>模板</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>预览</translation>
    </message>
    <message>
        <source>What is sent, with a made-up task; the picture goes with it</source>
        <translation>实际发送的内容（以虚构任务为例），图片随之发送</translation>
    </message>
    <message>
        <source>Save and use</source>
        <translation>保存并使用</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Back to the one that ships</source>
        <translation>恢复自带的提示词</translation>
    </message>
    <message>
        <source>This cannot be used: {0}.</source>
        <translation>无法使用：{0}。</translation>
    </message>
    <message>
        <source>Version {0}</source>
        <translation>版本 {0}</translation>
    </message>
    <message>
        <source>The file cannot be read or written: {0}</source>
        <translation>无法读写文件：{0}</translation>
    </message>
</context>
<context>
    <name>PropertiesPanel</name>
    <message>
        <source>Paste Java properties…</source>
        <translation>粘贴 Java 属性…</translation>
    </message>
    <message>
        <source>Takes over the settings of a Java client, change by change</source>
        <translation>逐项采用 Java 客户端的设置</translation>
    </message>
    <message>
        <source>Ctrl+Space offers names and values</source>
        <translation>按 Ctrl+空格列出名称和取值</translation>
    </message>
    <message>
        <source>[common] is for every client, [producer] and [consumer] for one kind. What is not here is as Signalbox, then librdkafka, has it by default.</source>
        <translation>[common] 用于所有客户端，[producer] 和 [consumer] 只用于其中一种。未写在这里的，先按 Signalbox、再按 librdkafka 的默认值。</translation>
    </message>
</context>
<context>
    <name>Property</name>
    <message>
        <source>default {0}</source>
        <translation>默认 {0}</translation>
    </message>
    <message>
        <source>deprecated</source>
        <translation>已弃用</translation>
    </message>
    <message>
        <source>experimental</source>
        <translation>实验性</translation>
    </message>
    <message>
        <source>also called {0}</source>
        <translation>又名 {0}</translation>
    </message>
    <message>
        <source>producer and consumer</source>
        <translation>生产者和消费者</translation>
    </message>
    <message>
        <source>producer</source>
        <translation>生产者</translation>
    </message>
    <message>
        <source>consumer</source>
        <translation>消费者</translation>
    </message>
    <message>
        <source>share consumers only: does nothing here</source>
        <translation>仅用于共享消费者：在此不起作用</translation>
    </message>
    <message>
        <source>one of {0}</source>
        <translation>取值之一：{0}</translation>
    </message>
    <message>
        <source>number {0} to {1}</source>
        <translation>数值 {0} 至 {1}</translation>
    </message>
    <message>
        <source>any of {0}</source>
        <translation>可取：{0}</translation>
    </message>
    <message>
        <source>a function, set by programs only</source>
        <translation>函数，只能由程序设置</translation>
    </message>
    <message>
        <source>patterns, with commas between</source>
        <translation>匹配模式，以逗号分隔</translation>
    </message>
    <message>
        <source>text</source>
        <translation>文本</translation>
    </message>
</context>
<context>
    <name>PropertyEditor</name>
    <message>
        <source>librdkafka properties</source>
        <translation>librdkafka 属性</translation>
    </message>
</context>
<context>
    <name>QFileDialog</name>
    <message>
        <source>&amp;Look in:</source>
        <translation>查找范围(&amp;L)：</translation>
    </message>
    <message>
        <source>Files of &amp;type:</source>
        <translation>文件类型(&amp;T)：</translation>
    </message>
</context>
<context>
    <name>Regex</name>
    <message>
        <source>{0} at character {1}</source>
        <translation>第 {1} 个字符处{0}</translation>
    </message>
    <message>
        <source>“(” is not closed</source>
        <translation>“(”没有闭合</translation>
    </message>
    <message>
        <source>“)” was not opened</source>
        <translation>“)”没有对应的开括号</translation>
    </message>
    <message>
        <source>“[” is not closed</source>
        <translation>“[”没有闭合</translation>
    </message>
    <message>
        <source>there is nothing to repeat</source>
        <translation>没有可重复的内容</translation>
    </message>
    <message>
        <source>a repetition is repeated</source>
        <translation>重复符号连用</translation>
    </message>
    <message>
        <source>the least number of repetitions is above the most</source>
        <translation>最少次数大于最多次数</translation>
    </message>
    <message>
        <source>something is missing at the end</source>
        <translation>末尾不完整</translation>
    </message>
    <message>
        <source>there is nothing after “\”</source>
        <translation>“\”之后没有内容</translation>
    </message>
    <message>
        <source>“{0}” means nothing</source>
        <translation>“{0}”没有含义</translation>
    </message>
    <message>
        <source>the range “{0}” runs backwards</source>
        <translation>范围“{0}”顺序颠倒</translation>
    </message>
    <message>
        <source>it cannot be understood ({0})</source>
        <translation>无法理解（{0}）</translation>
    </message>
</context>
<context>
    <name>ReplayDialog</name>
    <message>
        <source>Assess again</source>
        <translation>重新评估</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Then</source>
        <translation>当时</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>What is said now</source>
        <translation>现在的结论</translation>
    </message>
    <message>
        <source>Verdicts then and now</source>
        <translation>当时与现在的结论</translation>
    </message>
    <message>
        <source>Assess</source>
        <translation>开始评估</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Save as a table…</source>
        <translation>另存为表格…</translation>
    </message>
    <message>
        <source>Send to the model?</source>
        <translation>发送给模型？</translation>
    </message>
    <message numerus="yes">
        <source>Up to {0} requests with pictures go to {1} at {2}. That may cost money.</source>
        <translation>
            <numerusform>最多将有 {0} 个带图片的请求发送到 {2} 的 {1}。这可能产生费用。</numerusform>
        </translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>Reading what was asked then…</source>
        <translation>正在读取当时的提问…</translation>
    </message>
    <message>
        <source>Of {0} it is not stored what was asked.</source>
        <translation>其中 {0} 个没有存储当时的提问。</translation>
    </message>
    <message>
        <source>Cancelled.</source>
        <translation>已取消。</translation>
    </message>
    <message>
        <source>It could not be done: {0}</source>
        <translation>未能完成：{0}</translation>
    </message>
    <message>
        <source>No risk.</source>
        <translation>没有风险。</translation>
    </message>
    <message>
        <source>Save as a table</source>
        <translation>另存为表格</translation>
    </message>
    <message>
        <source>Table (*.csv)</source>
        <translation>表格 (*.csv)</translation>
    </message>
    <message>
        <source>Saved: {0}</source>
        <translation>已保存：{0}</translation>
    </message>
    <message>
        <source>Nothing was saved: {0}. Choose a folder you may write to.</source>
        <translation>没有保存：{0}。请选择可以写入的文件夹。</translation>
    </message>
    <message>
        <source>Run before</source>
        <translation>上一次</translation>
    </message>
    <message>
        <source>Assesses the listed alarms ({0}) as set here; what is stored stays as it is.</source>
        <translation>将按此处的设置重新评估列表中的告警（{0} 个）。已存储的内容不会改变。</translation>
    </message>
    <message>
        <source>{0} assessed: {1} as then, {2} different, {3} not possible.</source>
        <translation>已评估 {0} 个：{1} 个与当时相同，{2} 个不同，{3} 个无法评估。</translation>
    </message>
</context>
<context>
    <name>Risk</name>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>low</source>
        <translation>低</translation>
    </message>
    <message>
        <source>medium</source>
        <translation>中</translation>
    </message>
    <message>
        <source>high</source>
        <translation>高</translation>
    </message>
    <message>
        <source>Vehicle–pedestrian conflict</source>
        <translation>车辆与行人冲突</translation>
    </message>
    <message>
        <source>Vehicle–cyclist conflict</source>
        <translation>车辆与骑行者冲突</translation>
    </message>
    <message>
        <source>Dense group</source>
        <translation>人员密集</translation>
    </message>
    <message>
        <source>not assessed</source>
        <translation>未评估</translation>
    </message>
    <message>
        <source>Person near a moving vehicle</source>
        <translation>行人靠近行驶车辆</translation>
    </message>
</context>
<context>
    <name>Rule</name>
    <message>
        <source>Rule time-to-collision: {0} and {1} are {2} person heights apart and close in at {3}/s; at that rate their outlines meet in {4} s (watched below {5} s, critical below {6} s and within {7} heights).</source>
        <translation>碰撞时间规则：{0} 与 {1} 相距 {2} 个人体高度，正以每秒 {3} 个人体高度接近；照此速度，两者轮廓将在 {4} 秒后相遇（低于 {5} 秒需留意；低于 {6} 秒且相距不超过 {7} 个人体高度为危急）。</translation>
    </message>
    <message>
        <source>Rule predicted post-encroachment-time: if {0} at {1} m/s and {2} at {3} m/s keep straight on, the second reaches the place where their paths cross in {4} s, {5} s after the first has left it (watched below {6} s, serious below {7} s).</source>
        <translation>预测后侵入时间规则：若 {0}（{1} 米/秒）与 {2}（{3} 米/秒）保持直行，后者将在 {4} 秒后到达两者路径的交叉处，即前者离开之后 {5} 秒（低于 {6} 秒需留意，低于 {7} 秒为严重）。</translation>
    </message>
    <message>
        <source>Rule near-moving-vehicle: {0} is {1} person heights from {2} (near below {3}), which moves at {4} of its own heights per second.</source>
        <translation>靠近行驶车辆规则：{0} 与 {2} 相距 {1} 个人体高度（低于 {3} 即为靠近），后者正以每秒 {4} 个自身高度移动。</translation>
    </message>
    <message>
        <source>Rule dense-group: {0} people (from {1}) close together: crowding {2} (from {3}; 1.00 is shoulder to shoulder).</source>
        <translation>人员密集规则：{0} 人（达到 {1} 人即计入）彼此靠近，密集度 {2}（达到 {3} 即为密集；1.00 为肩并肩）。</translation>
    </message>
    <message>
        <source>Seen in the picture, not on the ground.</source>
        <translation>以上为画面中的距离，并非地面实际距离。</translation>
    </message>
    <message>
        <source>Measured on the road, with usual sizes of road users.</source>
        <translation>以上为路面上的实际距离，道路使用者按通常尺寸计算。</translation>
    </message>
</context>
<context>
    <name>ScheduleEditor</name>
    <message>
        <source>Schedule of every day</source>
        <translation>每日时间表</translation>
    </message>
    <message>
        <source>The same rules hold day and night.</source>
        <translation>昼夜使用相同规则。</translation>
    </message>
    <message>
        <source>Add a time</source>
        <translation>添加时段</translation>
    </message>
</context>
<context>
    <name>SecondStart</name>
    <message>
        <source>Signalbox does not answer</source>
        <translation>Signalbox 没有响应</translation>
    </message>
    <message>
        <source>Signalbox is running already, but its window does not answer.</source>
        <translation>Signalbox 已在运行，但其窗口没有响应。</translation>
    </message>
    <message>
        <source>end it, on Windows in the Task Manager</source>
        <translation>请结束它（Windows 上用任务管理器）</translation>
    </message>
    <message>
        <source>end process {0}, on Windows in the Task Manager</source>
        <translation>请结束进程 {0}（Windows 上用任务管理器）</translation>
    </message>
    <message>
        <source>It may only be busy: once it answers, its window comes to the front. If it stays like this, {0}; this start then goes on by itself.</source>
        <translation>它可能只是繁忙：一旦响应，其窗口就会显示在最前面。如果一直如此，{0}，之后本次启动会自动继续。</translation>
    </message>
</context>
<context>
    <name>SecretField</name>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Remove {0}</source>
        <translation>移除{0}</translation>
    </message>
    <message>
        <source>{0}  stored when you apply</source>
        <translation>{0}  应用时存入</translation>
    </message>
    <message>
        <source>{0}  stands in the settings file</source>
        <translation>{0}  写在设置文件中</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
</context>
<context>
    <name>SettingField</name>
    <message>
        <source>Default</source>
        <translation>默认</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Choose an ONNX file</source>
        <translation>选择 ONNX 文件</translation>
    </message>
    <message>
        <source>ONNX models (*.onnx);;All files (*)</source>
        <translation>ONNX 模型 (*.onnx);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Back to the default: {0}</source>
        <translation>恢复默认值：{0}</translation>
    </message>
</context>
<context>
    <name>Settings</name>
    <message>
        <source>Window</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Closing the window</source>
        <translation>关闭窗口时</translation>
    </message>
    <message>
        <source>Notices</source>
        <translation>通知</translation>
    </message>
    <message>
        <source>Detection</source>
        <translation>检测</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Model family</source>
        <translation>模型类型</translation>
    </message>
    <message>
        <source>Runs on</source>
        <translation>推理后端</translation>
    </message>
    <message>
        <source>Graphics card</source>
        <translation>显卡</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程数</translation>
    </message>
    <message>
        <source>Confidence</source>
        <translation>置信度</translation>
    </message>
    <message>
        <source>Overlap</source>
        <translation>重叠度（IoU）</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>目标类别</translation>
    </message>
    <message>
        <source>Group distance</source>
        <translation>成组距离</translation>
    </message>
    <message>
        <source>Assessment</source>
        <translation>风险评估</translation>
    </message>
    <message>
        <source>Tasks at a time</source>
        <translation>同时处理的任务数</translation>
    </message>
    <message>
        <source>Near distance</source>
        <translation>接近距离</translation>
    </message>
    <message>
        <source>Conflict distance</source>
        <translation>冲突距离</translation>
    </message>
    <message>
        <source>Crowd size</source>
        <translation>聚集人数</translation>
    </message>
    <message>
        <source>Alarms</source>
        <translation>告警</translation>
    </message>
    <message>
        <source>Alarm level</source>
        <translation>告警级别</translation>
    </message>
    <message>
        <source>Cooldown (s)</source>
        <translation>冷却时间（秒）</translation>
    </message>
    <message>
        <source>Wait for verdicts (s)</source>
        <translation>等待评估结论（秒）</translation>
    </message>
    <message>
        <source>Kafka</source>
        <translation>Kafka</translation>
    </message>
    <message>
        <source>Broker</source>
        <translation>Broker</translation>
    </message>
    <message>
        <source>Bootstrap servers</source>
        <translation>引导服务器</translation>
    </message>
    <message>
        <source>Partitions</source>
        <translation>分区数</translation>
    </message>
    <message>
        <source>Retention (h)</source>
        <translation>保留时间（小时）</translation>
    </message>
    <message>
        <source>Logs</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Level</source>
        <translation>日志级别</translation>
    </message>
    <message>
        <source>File size (MB)</source>
        <translation>文件大小（MB）</translation>
    </message>
    <message>
        <source>Files kept</source>
        <translation>保留文件数</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Asks</source>
        <translation>询问</translation>
    </message>
    <message>
        <source>Stops and quits</source>
        <translation>停止并退出</translation>
    </message>
    <message>
        <source>Keeps it in the tray</source>
        <translation>保留在托盘中</translation>
    </message>
    <message>
        <source>Without a sound</source>
        <translation>无提示音</translation>
    </message>
    <message>
        <source>With a sound</source>
        <translation>带提示音</translation>
    </message>
    <message>
        <source>None</source>
        <translation>不通知</translation>
    </message>
    <message>
        <source>Low and worse</source>
        <translation>低及以上</translation>
    </message>
    <message>
        <source>Medium and worse</source>
        <translation>中及以上</translation>
    </message>
    <message>
        <source>High only</source>
        <translation>仅高</translation>
    </message>
    <message>
        <source>Embedded</source>
        <translation>内置</translation>
    </message>
    <message>
        <source>Cluster</source>
        <translation>集群</translation>
    </message>
    <message>
        <source>Dark, light, or as the system is set.</source>
        <translation>深色、浅色，或跟随系统。</translation>
    </message>
    <message>
        <source>Of this window; the log is in English.</source>
        <translation>窗口的语言；日志为英文。</translation>
    </message>
    <message>
        <source>While workers run; else it quits.</source>
        <translation>有处理单元运行时适用；否则直接退出。</translation>
    </message>
    <message>
        <source>Of new alarms and failed workers, from the tray; never in your way.</source>
        <translation>新告警和处理单元失败时由托盘通知，不会打扰操作。</translation>
    </message>
    <message>
        <source>What this machine offers. The first that works is used; the top bar shows which.</source>
        <translation>本机可用的推理后端。使用其中第一个能用的；顶栏显示当前所用。</translation>
    </message>
    <message>
        <source>Empty: told by the file. Name it, such as yolo, where the file does not.</source>
        <translation>留空：由模型文件给出。文件中没有时请填写，例如 yolo。</translation>
    </message>
    <message>
        <source>Threads of the model; 0 leaves one core to the window.</source>
        <translation>模型使用的线程数；0 表示给窗口留出一个核心。</translation>
    </message>
    <message>
        <source>Boxes overlapping more are one object.</source>
        <translation>重叠超过此值的检测框视为同一个目标。</translation>
    </message>
    <message>
        <source>Classes to keep; empty: those the model recommends for roads.</source>
        <translation>要保留的类别；留空则采用模型建议的道路类别。</translation>
    </message>
    <message>
        <source>In this time and within the conflict distance, it is a high one.</source>
        <translation>在此时间内且距离小于冲突距离，为高风险。</translation>
    </message>
    <message>
        <source>People in one group.</source>
        <translation>一个目标组中的人数。</translation>
    </message>
    <message>
        <source>Lowest risk level that becomes an alarm.</source>
        <translation>达到此风险级别即发出告警。</translation>
    </message>
    <message>
        <source>A situation seen again within this time is the same alarm.</source>
        <translation>在此时间内再次出现的情况算作同一条告警。</translation>
    </message>
    <message>
        <source>A request is closed after this time even if groups are missing.</source>
        <translation>超过此时间，即使缺少部分目标组的结论，请求也会结束。</translation>
    </message>
    <message>
        <source>Embedded runs inside the program and keeps nothing; a cluster is yours.</source>
        <translation>内置 Broker 在程序内运行，不保留数据；集群由您自己提供。</translation>
    </message>
    <message>
        <source>For a cluster: host:port, more of them separated by commas.</source>
        <translation>用于集群：host:port，多个用逗号分隔。</translation>
    </message>
    <message>
        <source>Partitions of a topic that Signalbox creates.</source>
        <translation>Signalbox 创建的主题所用的分区数。</translation>
    </message>
    <message>
        <source>“bundled” is the model that ships with Signalbox; or an ONNX file.</source>
        <translation>“bundled” 为 Signalbox 自带的模型；也可填写 ONNX 文件。</translation>
    </message>
    <message>
        <source>A person this near to a moving vehicle, in heights of the person&apos;s box.</source>
        <translation>行人与行驶车辆相距多近算接近，以行人检测框的高度为单位。</translation>
    </message>
    <message>
        <source>Nearer than this is a conflict, in heights of the person&apos;s box.</source>
        <translation>比这更近即为冲突，以行人检测框的高度为单位。</translation>
    </message>
    <message>
        <source>A vehicle that would reach a person in this time is a medium risk.</source>
        <translation>车辆在此时间内会碰到行人，为中风险。</translation>
    </message>
    <message>
        <source>How long a topic that Signalbox creates keeps messages; 0: as the cluster has it.</source>
        <translation>Signalbox 创建的主题保留消息的时间；0 表示按集群的默认值。</translation>
    </message>
    <message>
        <source>A log file is closed at this size. Holds from the next start.</source>
        <translation>日志文件达到此大小后换新文件。下次启动后生效。</translation>
    </message>
    <message>
        <source>Older files of each worker are deleted. Holds from the next start.</source>
        <translation>每个处理单元更早的日志文件会被删除。下次启动后生效。</translation>
    </message>
    <message>
        <source>The settings cannot be saved to {0}: {1}. Nothing was changed; see that the folder may be written.</source>
        <translation>无法将设置保存到 {0}：{1}。设置没有改变；请检查该文件夹是否可写。</translation>
    </message>
    <message>
        <source>The broker connection changes: all workers stop and start again.</source>
        <translation>Broker 连接将改变：全部处理单元会停止并重新启动。</translation>
    </message>
    <message>
        <source>No worker has to restart.</source>
        <translation>无需重启处理单元。</translation>
    </message>
    <message>
        <source>Restarts: {0}.</source>
        <translation>将重启：{0}。</translation>
    </message>
    <message>
        <source>This is the demo: changes hold for this run only.</source>
        <translation>这是演示：更改只在本次运行中有效。</translation>
    </message>
    <message>
        <source>Changes hold for this run only.</source>
        <translation>更改只在本次运行中有效。</translation>
    </message>
    <message>
        <source>Kept in {0}.</source>
        <translation>保存在 {0}。</translation>
    </message>
    <message>
        <source>Told again after (s)</source>
        <translation>再次通知（秒后）</translation>
    </message>
    <message>
        <source>Closed after (s)</source>
        <translation>关闭（秒后）</translation>
    </message>
    <message>
        <source>Webhook</source>
        <translation>Webhook</translation>
    </message>
    <message>
        <source>Webhook address</source>
        <translation>Webhook 地址</translation>
    </message>
    <message>
        <source>Signing secret</source>
        <translation>签名密钥</translation>
    </message>
    <message>
        <source>Webhook from level</source>
        <translation>Webhook 最低级别</translation>
    </message>
    <message>
        <source>Authorities (webhook)</source>
        <translation>受信任的证书（Webhook）</translation>
    </message>
    <message>
        <source>Mail</source>
        <translation>邮件</translation>
    </message>
    <message>
        <source>Mail server</source>
        <translation>邮件服务器</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>Encryption</source>
        <translation>加密</translation>
    </message>
    <message>
        <source>User</source>
        <translation>用户</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>密码</translation>
    </message>
    <message>
        <source>Sender</source>
        <translation>发件人</translation>
    </message>
    <message>
        <source>Recipients</source>
        <translation>收件人</translation>
    </message>
    <message>
        <source>Mail from level</source>
        <translation>邮件最低级别</translation>
    </message>
    <message>
        <source>Authorities (mail)</source>
        <translation>受信任的证书（邮件）</translation>
    </message>
    <message>
        <source>Storage</source>
        <translation>存储</translation>
    </message>
    <message>
        <source>Keep alarms (days)</source>
        <translation>保留告警（天）</translation>
    </message>
    <message>
        <source>Keep verdicts (days)</source>
        <translation>保留结论（天）</translation>
    </message>
    <message>
        <source>At most (MB)</source>
        <translation>最多（MB）</translation>
    </message>
    <message>
        <source>STARTTLS</source>
        <translation>STARTTLS</translation>
    </message>
    <message>
        <source>TLS from the start</source>
        <translation>一开始就用 TLS</translation>
    </message>
    <message>
        <source>None (not advised)</source>
        <translation>无（不建议）</translation>
    </message>
    <message>
        <source>Where the secret is, never the secret itself: keyring:NAME or env:NAME. Empty: none.</source>
        <translation>密钥存放的位置，绝不是密钥本身：keyring:名称或 env:名称。留空：没有。</translation>
    </message>
    <message>
        <source>PEM file of authorities to trust besides the system&apos;s. Empty: none.</source>
        <translation>除系统证书外还信任的证书颁发机构（PEM 文件）。留空：没有。</translation>
    </message>
    <message>
        <source>When nobody has acknowledged it by then. 0: never.</source>
        <translation>到那时仍无人确认。0：从不。</translation>
    </message>
    <message>
        <source>When its situation was not seen for so long. 0: never.</source>
        <translation>情况在这么长时间内未再出现。0：从不。</translation>
    </message>
    <message>
        <source>Alarms are posted there as JSON. Empty: they are not.</source>
        <translation>告警以 JSON 发送到该地址。留空：不发送。</translation>
    </message>
    <message>
        <source>Lowest level that is told there.</source>
        <translation>发送到那里的最低级别。</translation>
    </message>
    <message>
        <source>Lowest level that is told by mail.</source>
        <translation>用邮件通知的最低级别。</translation>
    </message>
    <message>
        <source>How the way to the mail server is protected.</source>
        <translation>与邮件服务器的连接如何保护。</translation>
    </message>
    <message>
        <source>Address that the mails come from.</source>
        <translation>邮件的发件地址。</translation>
    </message>
    <message>
        <source>Alarms are sent through it. Empty: no mail.</source>
        <translation>通过它发送告警。留空：不发邮件。</translation>
    </message>
    <message>
        <source>587 with STARTTLS, 465 with TLS from the start.</source>
        <translation>STARTTLS 用 587，一开始就用 TLS 用 465。</translation>
    </message>
    <message>
        <source>Empty: without a login.</source>
        <translation>留空：不登录。</translation>
    </message>
    <message>
        <source>Several are separated by commas.</source>
        <translation>多个用逗号分隔。</translation>
    </message>
    <message>
        <source>With their pictures.</source>
        <translation>连同图片。</translation>
    </message>
    <message>
        <source>All verdicts, also those that raised no alarm.</source>
        <translation>所有结论，也包括没有引发告警的。</translation>
    </message>
    <message>
        <source>Database and pictures together; beyond it the oldest go.</source>
        <translation>数据库和图片合计；超出后删除最旧的。</translation>
    </message>
    <message>
        <source>Evidence</source>
        <translation>证据图片</translation>
    </message>
    <message>
        <source>Picture size (bytes)</source>
        <translation>图片大小（字节）</translation>
    </message>
    <message>
        <source>Hidden</source>
        <translation>遮挡</translation>
    </message>
    <message>
        <source>Shared folder</source>
        <translation>共享文件夹</translation>
    </message>
    <message>
        <source>Days kept there</source>
        <translation>保留天数</translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation>不遮挡</translation>
    </message>
    <message>
        <source>Heads and plates</source>
        <translation>头部和车牌</translation>
    </message>
    <message>
        <source>Largest picture of a group; quality is lowered, then size.</source>
        <translation>一个目标组图片的最大大小；先降低质量，再缩小尺寸。</translation>
    </message>
    <message>
        <source>Heads of people and lower parts of vehicles become coarse blocks, by the detector&apos;s boxes. Who is not detected is not hidden.</source>
        <translation>按识别框把人的头部和车辆的下部变成粗块；未被识别到的不会被遮挡。</translation>
    </message>
    <message>
        <source>Empty: pictures travel in the messages. A folder that all workers reach: messages only name them.</source>
        <translation>留空：图片随消息传送。填写所有处理单元都能访问的文件夹：消息只记录图片名称。</translation>
    </message>
    <message>
        <source>Older pictures are deleted there.</source>
        <translation>更早的图片会在那里被删除。</translation>
    </message>
    <message>
        <source>Who judges</source>
        <translation>由谁判断</translation>
    </message>
    <message>
        <source>Language model</source>
        <translation>大模型</translation>
    </message>
    <message>
        <source>Prompt file</source>
        <translation>提示词文件</translation>
    </message>
    <message>
        <source>Updates</source>
        <translation>更新</translation>
    </message>
    <message>
        <source>Newer versions</source>
        <translation>新版本</translation>
    </message>
    <message>
        <source>Ask at</source>
        <translation>查询地址</translation>
    </message>
    <message>
        <source>An https:// address that names the newest version; your engineer knows it.</source>
        <translation>给出最新版本的 https:// 地址；请咨询您的工程师。</translation>
    </message>
    <message>
        <source>A vehicle and a person that come through the same place within this time, one after the other, are a medium risk. Only for cameras with a ground rectangle.</source>
        <translation>车辆与行人在此时间内先后通过同一处，为中风险。仅适用于设有地面矩形的摄像头。</translation>
    </message>
    <message>
        <source>Within this time, they are a low one.</source>
        <translation>在此时间内先后通过，为低风险。</translation>
    </message>
    <message>
        <source>Which one DirectML takes, where there are several.</source>
        <translation>有多块显卡时 DirectML 使用哪一块。</translation>
    </message>
    <message>
        <source>Objects nearer than this many box heights form a group; 3.0 (about 5 m) where near misses on a measured ground matter.</source>
        <translation>距离小于此数值（以检测框高度计）的目标归为一组；若重视地面标定后的险情判断，请设为 3.0（约 5 米）。</translation>
    </message>
    <message>
        <source>A prompt template of your own; empty: the one that ships.</source>
        <translation>您自己的提示词模板；留空则使用自带的模板。</translation>
    </message>
    <message>
        <source>Contact in (s): medium</source>
        <translation>碰撞时间（秒）：中</translation>
    </message>
    <message>
        <source>Contact in (s): high</source>
        <translation>碰撞时间（秒）：高</translation>
    </message>
    <message>
        <source>Boxes below this are dropped.</source>
        <translation>低于此置信度的检测框会被丢弃。</translation>
    </message>
    <message>
        <source>The others wait in Kafka.</source>
        <translation>其余任务在 Kafka 中等待。</translation>
    </message>
    <message>
        <source>Lines below this level are not written.</source>
        <translation>低于此级别的日志不写入。</translation>
    </message>
    <message>
        <source>Looked for on request only</source>
        <translation>仅在手动要求时查询</translation>
    </message>
    <message>
        <source>Looked for at each start</source>
        <translation>每次启动时查询</translation>
    </message>
    <message>
        <source>You are told and given a link; nothing is ever installed by itself.</source>
        <translation>只告知并给出链接；绝不会自行安装。</translation>
    </message>
    <message>
        <source>Passing gap (s): medium</source>
        <translation>后侵入时间（秒）：中</translation>
    </message>
    <message>
        <source>Passing gap (s): low</source>
        <translation>后侵入时间（秒）：低</translation>
    </message>
    <message>
        <source>Assessment goes on after some seconds; what waits stays in Kafka.</source>
        <translation>几秒后继续评估；等待中的任务保留在 Kafka 中。</translation>
    </message>
</context>
<context>
    <name>SettingsOffer</name>
    <message>
        <source>Use the last good settings of {0}</source>
        <translation>使用 {0} 的最近一次正常设置</translation>
    </message>
    <message>
        <source>Keep defaults</source>
        <translation>保留默认设置</translation>
    </message>
    <message>
        <source>There is no settings file any more, so the defaults hold.</source>
        <translation>设置文件已不存在，现采用默认设置。</translation>
    </message>
    <message>
        <source>The settings could not be used, so the defaults hold. The file is kept as {0}. {1}</source>
        <translation>设置文件无法使用，现采用默认设置。原文件已另存为 {0}。{1}</translation>
    </message>
    <message>
        <source>The settings of {0} are in use again.</source>
        <translation>已重新采用 {0} 的设置。</translation>
    </message>
    <message>
        <source>The defaults are kept.</source>
        <translation>已保留默认设置。</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Revert</source>
        <translation>还原</translation>
    </message>
    <message>
        <source>Show the settings in use again</source>
        <translation>重新显示正在使用的设置</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
    <message>
        <source>Save and use these settings (Ctrl+S)</source>
        <translation>保存并使用这些设置（Ctrl+S）</translation>
    </message>
    <message>
        <source>Sections</source>
        <translation>分类</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Mend what is marked red, then apply.</source>
        <translation>请改正标红的内容，然后应用。</translation>
    </message>
    <message>
        <source>These settings are in use.</source>
        <translation>这些设置正在使用。</translation>
    </message>
    <message>
        <source>Some of it holds from the next start.</source>
        <translation>其中一部分下次启动后生效。</translation>
    </message>
    <message>
        <source>Not applied: the model cannot be used as it is. What runs goes on.</source>
        <translation>未应用：此模型目前无法使用。正在运行的继续运行。</translation>
    </message>
    <message>
        <source>Trying the model first; the one in use goes on…</source>
        <translation>先试运行模型；正在使用的模型继续运行…</translation>
    </message>
    <message>
        <source>Applied.</source>
        <translation>已应用。</translation>
    </message>
    <message>
        <source>Mend what is marked red first.</source>
        <translation>请先改正标红的内容。</translation>
    </message>
    <message>
        <source>Type the address first.</source>
        <translation>请先填写地址。</translation>
    </message>
    <message>
        <source>Type the mail server first.</source>
        <translation>请先填写邮件服务器。</translation>
    </message>
    <message>
        <source>Edit the prompt…</source>
        <translation>编辑提示词…</translation>
    </message>
    <message>
        <source>What this machine can run models on is not known: {0}</source>
        <translation>无法得知本机可用什么运行模型：{0}</translation>
    </message>
</context>
<context>
    <name>SeveralCameras</name>
    <message>
        <source>Add cameras</source>
        <translation>添加摄像头</translation>
    </message>
    <message numerus="yes">
        <source>Add %Ln camera(s)?</source>
        <translation>
            <numerusform>添加 %Ln 台摄像头？</numerusform>
        </translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Left out:</source>
        <translation>未包括：</translation>
    </message>
</context>
<context>
    <name>Severity</name>
    <message>
        <source>Error</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Warning</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>Advice</source>
        <translation>建议</translation>
    </message>
</context>
<context>
    <name>Shutdown</name>
    <message>
        <source>Quit Signalbox?</source>
        <translation>退出 Signalbox？</translation>
    </message>
    <message>
        <source>Quit while workers are running?</source>
        <translation>处理单元仍在运行，要退出吗？</translation>
    </message>
    <message>
        <source>They finish what is under way and stop; nothing that was accepted is lost.</source>
        <translation>它们会完成正在处理的内容后停止；已接收的内容不会丢失。</translation>
    </message>
    <message>
        <source>Stop and quit</source>
        <translation>停止并退出</translation>
    </message>
    <message>
        <source>Do this from now on; Settings can change it</source>
        <translation>以后都这样做；可在设置中更改</translation>
    </message>
    <message>
        <source>Keep in tray</source>
        <translation>保留在托盘中</translation>
    </message>
    <message>
        <source>Stopping the workers; they finish what is under way…</source>
        <translation>正在停止处理单元；正在处理的内容会先完成…</translation>
    </message>
    <message>
        <source>Stop now</source>
        <translation>立即停止</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>正在停止</translation>
    </message>
    <message>
        <source>{0} does not stop</source>
        <translation>{0}无法停止</translation>
    </message>
    <message>
        <source>{0} has not stopped within {1} seconds.</source>
        <translation>{0}未在 {1} 秒内停止。</translation>
    </message>
    <message>
        <source>What it holds stays in Kafka and is read again at the next start.</source>
        <translation>它持有的内容仍在 Kafka 中，下次启动时会重新读取。</translation>
    </message>
    <message>
        <source>Wait</source>
        <translation>等待</translation>
    </message>
    <message>
        <source>Quit without it</source>
        <translation>不再等待，直接退出</translation>
    </message>
</context>
<context>
    <name>SourceField</name>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>隐藏</translation>
    </message>
    <message>
        <source>Show password and key</source>
        <translation>显示密码和密钥</translation>
    </message>
</context>
<context>
    <name>StatusBar</name>
    <message>
        <source>99 of 100 gaps between two turns of the window are no longer than this</source>
        <translation>窗口每两次刷新之间的间隔，100 次中有 99 次不超过此值</translation>
    </message>
    <message>
        <source>Versions and licences</source>
        <translation>版本与许可证</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Choose the theme</source>
        <translation>选择外观</translation>
    </message>
    <message>
        <source>Choose the language</source>
        <translation>选择语言</translation>
    </message>
    <message>
        <source>Group lag –</source>
        <translation>消费者组积压 –</translation>
    </message>
    <message>
        <source>Group lag {0} ({1})</source>
        <translation>消费者组积压 {0}（{1}）</translation>
    </message>
    <message>
        <source>UI gap p99 {0} ms</source>
        <translation>界面间隔 p99 {0} ms</translation>
    </message>
    <message>
        <source>CPU {0}</source>
        <translation>CPU {0}</translation>
    </message>
    <message>
        <source>Memory {0}</source>
        <translation>内存 {0}</translation>
    </message>
</context>
<context>
    <name>Timeline</name>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Worker</source>
        <translation>处理单元</translation>
    </message>
    <message>
        <source>Kafka</source>
        <translation>Kafka</translation>
    </message>
    <message>
        <source>Alarm</source>
        <translation>告警</translation>
    </message>
    <message>
        <source>Operator</source>
        <translation>操作员</translation>
    </message>
    <message>
        <source>Gives pictures</source>
        <translation>有画面</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>丢失</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>Degraded</source>
        <translation>降级</translation>
    </message>
    <message>
        <source>Failed, starts again</source>
        <translation>失败，将重新启动</translation>
    </message>
    <message>
        <source>Failed, stays stopped</source>
        <translation>失败，保持停止</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Keeps up again</source>
        <translation>已跟上</translation>
    </message>
    <message>
        <source>Falls behind</source>
        <translation>落后</translation>
    </message>
    <message>
        <source>Stalled</source>
        <translation>停滞</translation>
    </message>
    <message>
        <source>Broker away</source>
        <translation>Broker 断开</translation>
    </message>
    <message>
        <source>Broker back</source>
        <translation>Broker 恢复</translation>
    </message>
    <message>
        <source>Raised</source>
        <translation>发出告警</translation>
    </message>
    <message>
        <source>Over</source>
        <translation>已结束</translation>
    </message>
    <message>
        <source>Alarm acknowledged</source>
        <translation>告警已确认</translation>
    </message>
    <message>
        <source>Alarm marked as false</source>
        <translation>告警标记为误报</translation>
    </message>
    <message>
        <source>Alarm made new again</source>
        <translation>告警恢复为新</translation>
    </message>
    <message>
        <source>Start of all asked for</source>
        <translation>要求全部启动</translation>
    </message>
    <message>
        <source>Stop of all asked for</source>
        <translation>要求全部停止</translation>
    </message>
    <message>
        <source>Start asked for</source>
        <translation>要求启动</translation>
    </message>
    <message>
        <source>Stop asked for</source>
        <translation>要求停止</translation>
    </message>
    <message>
        <source>Settings changed</source>
        <translation>设置已更改</translation>
    </message>
    <message>
        <source>Damaged database set aside</source>
        <translation>损坏的数据库已移开</translation>
    </message>
    <message>
        <source>API key disabled</source>
        <translation>API 密钥已停用</translation>
    </message>
</context>
<context>
    <name>TimelineView</name>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>About</source>
        <translation>关于</translation>
    </message>
    <message>
        <source>Camera or worker</source>
        <translation>摄像头或处理单元</translation>
    </message>
    <message>
        <source>Log lines of that minute</source>
        <translation>那一分钟的日志行</translation>
    </message>
    <message>
        <source>Show what was logged then (Enter, or double-click)</source>
        <translation>显示当时的日志（回车或双击）</translation>
    </message>
    <message>
        <source>Show the alarm</source>
        <translation>显示该告警</translation>
    </message>
    <message>
        <source>Nothing happened</source>
        <translation>没有发生任何事</translation>
    </message>
    <message>
        <source>Lost cameras, workers that start, stop or fail, lag, alarms and what operators do are noted here. Choose a longer time above, or start the workers.</source>
        <translation>摄像头丢失、处理单元的启动、停止或失败、积压、告警以及操作员的操作都记录在这里。请在上方选择更长的时间，或启动处理单元。</translation>
    </message>
    <message>
        <source>last hour</source>
        <translation>最近一小时</translation>
    </message>
    <message>
        <source>last 24 hours</source>
        <translation>最近 24 小时</translation>
    </message>
    <message>
        <source>last 7 days</source>
        <translation>最近 7 天</translation>
    </message>
    <message>
        <source>last 90 days</source>
        <translation>最近 90 天</translation>
    </message>
    <message>
        <source>everything</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>all cameras and workers</source>
        <translation>全部摄像头和处理单元</translation>
    </message>
    <message>
        <source>Camera, worker or topic</source>
        <translation>摄像头、处理单元或主题</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>发生了什么</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>时间线</translation>
    </message>
    <message numerus="yes">
        <source>{0} events</source>
        <translation>
            <numerusform>{0} 个事件</numerusform>
        </translation>
    </message>
    <message>
        <source>The timeline cannot be read: {0}</source>
        <translation>无法读取时间线：{0}</translation>
    </message>
    <message>
        <source>what went wrong</source>
        <translation>出了问题的</translation>
    </message>
</context>
<context>
    <name>TopBar</name>
    <message>
        <source>Start all</source>
        <translation>全部启动</translation>
    </message>
    <message>
        <source>Start all workers, consumers first (F5)</source>
        <translation>启动全部处理单元，先启动消费方（F5）</translation>
    </message>
    <message>
        <source>Stop all</source>
        <translation>全部停止</translation>
    </message>
    <message>
        <source>Export logs</source>
        <translation>导出日志</translation>
    </message>
    <message>
        <source>Logs, settings without secrets, versions and figures in one file (Ctrl+E)</source>
        <translation>将日志、设置（不含密钥）、版本和统计数据导出为一个文件（Ctrl+E）</translation>
    </message>
    <message>
        <source>Stop now</source>
        <translation>立即停止</translation>
    </message>
    <message>
        <source>Do not wait until the topics are read; what is left stays in Kafka</source>
        <translation>不等待主题读完；剩余消息留在 Kafka 中</translation>
    </message>
    <message>
        <source>Stop all workers, producers first, and read what they left (Shift+F5)</source>
        <translation>停止全部处理单元：先停止生产方，再读完剩余消息（Shift+F5）</translation>
    </message>
    <message>
        <source>Embedded broker</source>
        <translation>内置 Broker</translation>
    </message>
    <message>
        <source>Kafka cluster</source>
        <translation>Kafka 集群</translation>
    </message>
    <message>
        <source>{0}: closed</source>
        <translation>{0}：已关闭</translation>
    </message>
    <message>
        <source>{0}: opening…</source>
        <translation>{0}：正在打开…</translation>
    </message>
    <message>
        <source>{0}: failed</source>
        <translation>{0}：故障</translation>
    </message>
    <message>
        <source>{0}: not reached</source>
        <translation>{0}：无法连接</translation>
    </message>
    <message>
        <source>Runs inside this program, for trying out: it keeps nothing over a restart</source>
        <translation>在本程序内运行，供试用：重启后不保留任何数据</translation>
    </message>
    <message>
        <source>Model: not loaded</source>
        <translation>模型：未加载</translation>
    </message>
    <message>
        <source>Detection is not at work</source>
        <translation>检测未在工作</translation>
    </message>
    <message>
        <source>Execution provider and model of the detection</source>
        <translation>检测所用的执行提供程序和模型</translation>
    </message>
    <message>
        <source>Not in use: {0}</source>
        <translation>未使用：{0}</translation>
    </message>
    <message>
        <source>Assessor: none</source>
        <translation>评估器：无</translation>
    </message>
    <message>
        <source>The scheduler is not at work</source>
        <translation>评估调度未在工作</translation>
    </message>
    <message>
        <source>Assessor: {0}</source>
        <translation>评估器：{0}</translation>
    </message>
    <message>
        <source>Risks are judged by fixed rules over positions and speeds, offline</source>
        <translation>离线评估：按固定规则根据位置和速度判断风险</translation>
    </message>
    <message>
        <source>Assessor: offline rules</source>
        <translation>评估：离线规则</translation>
    </message>
    <message>
        <source>{0} cannot be had; the rules stand in: {1}</source>
        <translation>{0} 不可用，由规则代判：{1}</translation>
    </message>
    <message>
        <source>A language model judges the pictures: {0}</source>
        <translation>由大模型判断图片：{0}</translation>
    </message>
</context>
<context>
    <name>TopicTrack</name>
    <message>
        <source>{0}
{1} · {2} · {3}
The line shows the unread messages lately.</source>
        <translation>{0}
{1} · {2} · {3}
曲线表示最近的未读消息数。</translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>Open Signalbox</source>
        <translation>打开 Signalbox</translation>
    </message>
    <message>
        <source>Start all</source>
        <translation>全部启动</translation>
    </message>
    <message>
        <source>Stop all</source>
        <translation>全部停止</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>{0} stays stopped</source>
        <translation>{0}已停止，不会自动重启</translation>
    </message>
    <message numerus="yes">
        <source>%Ln new alarms</source>
        <translation>
            <numerusform>%Ln 条新告警</numerusform>
        </translation>
    </message>
    <message>
        <source>New alarm: {0}</source>
        <translation>新告警：{0}</translation>
    </message>
    <message>
        <source>Signalbox goes on in the tray</source>
        <translation>Signalbox 在托盘中继续运行</translation>
    </message>
    <message>
        <source>A click on its icon brings the window back.</source>
        <translation>点击其图标可恢复窗口。</translation>
    </message>
</context>
<context>
    <name>Troubles</name>
    <message>
        <source>{0} stays stopped. {1}</source>
        <translation>{0}已停止，不会自动重启。{1}</translation>
    </message>
    <message>
        <source>{0} stay stopped. {1}</source>
        <translation>{0}已停止，不会自动重启。{1}</translation>
    </message>
    <message>
        <source>{0} has not stopped within {1} seconds. What it holds stays in Kafka and is read again at its next start. Wait for it, or quit and start Signalbox again; the details are for support.</source>
        <translation>{0}未能在 {1} 秒内停止。它持有的内容保留在 Kafka 中，下次启动时会重新读取。请等待，或退出后重新启动 Signalbox；详细信息供技术支持使用。</translation>
    </message>
    <message>
        <source>The pipeline could not be opened. {0}</source>
        <translation>无法打开流水线。{0}</translation>
    </message>
</context>
<context>
    <name>UndoBar</name>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Undo (Ctrl+Z)</source>
        <translation>撤销（Ctrl+Z）</translation>
    </message>
</context>
<context>
    <name>UnwrittenAlarms</name>
    <message>
        <source>Newer alarms are not listed yet. {0}</source>
        <translation>较新的告警尚未列出。{0}</translation>
    </message>
    <message>
        <source>Verdicts that wait in memory: {0}.</source>
        <translation>内存中等待写入的结论：{0} 条。</translation>
    </message>
    <message numerus="yes">
        <source>{0} alarms are not saved yet; the newest {1} of them are listed. {2}</source>
        <translation>
            <numerusform>{0} 条告警尚未保存；列出其中最新的 {1} 条。{2}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln alarm(s) are not saved yet. {0}</source>
        <translation>
            <numerusform>%Ln 条告警尚未保存。{0}</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>UpdateQuestion</name>
    <message>
        <source>Check for updates</source>
        <translation>检查更新</translation>
    </message>
    <message>
        <source>Asking…</source>
        <translation>正在查询…</translation>
    </message>
    <message>
        <source>It could not be found out. {0}</source>
        <translation>无法得知。{0}</translation>
    </message>
    <message>
        <source>No address to ask is set (Settings › Updates).</source>
        <translation>未设置查询地址（设置 › 更新）。</translation>
    </message>
</context>
<context>
    <name>Updates</name>
    <message>
        <source>Version {0} is there. Get it from whoever gave you this one.</source>
        <translation>已有 {0} 版。请向提供本程序的人获取。</translation>
    </message>
    <message>
        <source>This is the newest version.</source>
        <translation>当前已是最新版本。</translation>
    </message>
</context>
<context>
    <name>WatchStep</name>
    <message>
        <source>What do you want to watch?</source>
        <translation>您想监看什么？</translation>
    </message>
    <message>
        <source>More cameras can be added later on the Cameras page.</source>
        <translation>以后可在“摄像头”页添加更多摄像头。</translation>
    </message>
    <message>
        <source>The demo clip</source>
        <translation>演示短片</translation>
    </message>
    <message>
        <source>A street film of 1906 that plays as four cameras.</source>
        <translation>1906 年的街景影片，作为四路摄像头播放。</translation>
    </message>
    <message>
        <source>A video file</source>
        <translation>视频文件</translation>
    </message>
    <message>
        <source>It plays again and again.</source>
        <translation>循环播放。</translation>
    </message>
    <message>
        <source>A camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Its address, such as rtsp://user:password@10.0.0.7/1, or a USB index.</source>
        <translation>其地址，例如 rtsp://user:password@10.0.0.7/1，或 USB 序号。</translation>
    </message>
    <message>
        <source>Choose a video file…</source>
        <translation>选择视频文件…</translation>
    </message>
    <message>
        <source>Address of the camera</source>
        <translation>摄像头地址</translation>
    </message>
    <message>
        <source>Choose a video file</source>
        <translation>选择视频文件</translation>
    </message>
    <message>
        <source>Videos (*.mp4 *.mkv *.avi *.mov *.webm *.ts *.m4v *.mpg *.mpeg *.wmv)</source>
        <translation>视频 (*.mp4 *.mkv *.avi *.mov *.webm *.ts *.m4v *.mpg *.mpeg *.wmv)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Choose the file first.</source>
        <translation>请先选择文件。</translation>
    </message>
    <message>
        <source>This file cannot be found.</source>
        <translation>找不到此文件。</translation>
    </message>
    <message>
        <source>Type the camera&apos;s address first.</source>
        <translation>请先输入摄像头地址。</translation>
    </message>
</context>
<context>
    <name>Worker</name>
    <message>
        <source>Detection</source>
        <translation>检测</translation>
    </message>
    <message>
        <source>Generator</source>
        <translation>任务生成</translation>
    </message>
    <message>
        <source>Scheduler</source>
        <translation>评估调度</translation>
    </message>
    <message>
        <source>Aggregator</source>
        <translation>告警聚合</translation>
    </message>
</context>
<context>
    <name>WorkerCard</name>
    <message>
        <source>frames/s</source>
        <translation>帧/秒</translation>
    </message>
    <message>
        <source>Frames that went through the model, each second</source>
        <translation>每秒经过模型的帧数</translation>
    </message>
    <message>
        <source>infer</source>
        <translation>推理</translation>
    </message>
    <message>
        <source>Time the model takes for one frame</source>
        <translation>模型处理一帧所用的时间</translation>
    </message>
    <message>
        <source>cameras</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Cameras that deliver pictures, of all that are switched on</source>
        <translation>有画面的摄像头数 / 已启用的摄像头数</translation>
    </message>
    <message>
        <source>skipped</source>
        <translation>跳过</translation>
    </message>
    <message>
        <source>Frames left out because the broker had no room for their results</source>
        <translation>因 Broker 无法容纳结果而跳过的帧数</translation>
    </message>
    <message>
        <source>Detection results taken from Kafka, each second</source>
        <translation>每秒从 Kafka 读取的检测结果数</translation>
    </message>
    <message>
        <source>tasks/s</source>
        <translation>任务/秒</translation>
    </message>
    <message>
        <source>Assessment tasks made, each second</source>
        <translation>每秒生成的评估任务数</translation>
    </message>
    <message>
        <source>p95</source>
        <translation>p95</translation>
    </message>
    <message>
        <source>95 of 100 messages are done within this time</source>
        <translation>95% 的消息在此时间内处理完</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>拒收</translation>
    </message>
    <message>
        <source>Messages that could not be used; they are in the dead letter topic</source>
        <translation>无法使用的消息数；这些消息在死信主题中</translation>
    </message>
    <message>
        <source>keys</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>API keys that may be used now, of all</source>
        <translation>当前可用的 API 密钥数 / 总数</translation>
    </message>
    <message>
        <source>verdicts/s</source>
        <translation>结论/秒</translation>
    </message>
    <message>
        <source>Groups assessed, each second</source>
        <translation>每秒评估的目标组数</translation>
    </message>
    <message>
        <source>in flight</source>
        <translation>评估中</translation>
    </message>
    <message>
        <source>Tasks being assessed at this moment</source>
        <translation>此刻正在评估的任务数</translation>
    </message>
    <message>
        <source>95 of 100 verdicts take no longer than this</source>
        <translation>95% 的评估结论用时不超过此值</translation>
    </message>
    <message>
        <source>retries</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Verdicts that had to be asked for again</source>
        <translation>需要重新请求的评估结论数</translation>
    </message>
    <message>
        <source>joined/s</source>
        <translation>汇总/秒</translation>
    </message>
    <message>
        <source>Requests whose groups have all been assessed, each second</source>
        <translation>每秒全部目标组都已评估完的请求数</translation>
    </message>
    <message>
        <source>Requests that still wait for verdicts on some groups</source>
        <translation>仍在等待部分目标组评估结论的请求数</translation>
    </message>
    <message>
        <source>alarms</source>
        <translation>告警</translation>
    </message>
    <message>
        <source>Alarms raised since the program started</source>
        <translation>程序启动以来发出的告警数</translation>
    </message>
    <message>
        <source>Size of the alarm database</source>
        <translation>告警数据库的大小</translation>
    </message>
    <message>
        <source>Restart {0}</source>
        <translation>重启{0}</translation>
    </message>
    <message>
        <source>Show the log of {0}</source>
        <translation>显示{0}的日志</translation>
    </message>
    <message>
        <source>Stop {0}</source>
        <translation>停止{0}</translation>
    </message>
    <message>
        <source>Start {0}</source>
        <translation>启动{0}</translation>
    </message>
    <message>
        <source>Does not stop</source>
        <translation>无法停止</translation>
    </message>
    <message>
        <source>results/s</source>
        <translation>输入/秒</translation>
    </message>
    <message>
        <source>pending</source>
        <translation>未完成</translation>
    </message>
    <message>
        <source>DB</source>
        <translation>数据库</translation>
    </message>
</context>
<context>
    <name>WorkerDetails</name>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Restart</source>
        <translation>重启</translation>
    </message>
    <message>
        <source>Show log</source>
        <translation>查看日志</translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation>复制详情</translation>
    </message>
    <message>
        <source>Latency of the last {0} units of work</source>
        <translation>最近 {0} 次处理的延迟</translation>
    </message>
    <message>
        <source>Figures</source>
        <translation>统计数据</translation>
    </message>
    <message>
        <source>Figure</source>
        <translation>项目</translation>
    </message>
    <message>
        <source>Total</source>
        <translation>总计</translation>
    </message>
    <message>
        <source>Per second</source>
        <translation>每秒</translation>
    </message>
    <message>
        <source>Figures of the worker</source>
        <translation>处理单元的统计数据</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>State changes of the worker</source>
        <translation>处理单元的状态变化</translation>
    </message>
    <message>
        <source>Its settings</source>
        <translation>相关设置</translation>
    </message>
    <message>
        <source>Setting</source>
        <translation>设置项</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>值</translation>
    </message>
    <message>
        <source>Settings of the worker</source>
        <translation>处理单元的设置</translation>
    </message>
    <message>
        <source>Nothing to report.</source>
        <translation>没有异常。</translation>
    </message>
    <message>
        <source>No errors since the program started.</source>
        <translation>程序启动以来没有错误。</translation>
    </message>
    <message>
        <source>API keys</source>
        <translation>API 密钥</translation>
    </message>
    <message>
        <source>Last error</source>
        <translation>最近的错误</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>In flight</source>
        <translation>进行中</translation>
    </message>
    <message>
        <source>Requests</source>
        <translation>请求</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>API keys of the worker</source>
        <translation>评估调度的 API 密钥</translation>
    </message>
    <message>
        <source>Nothing counted yet</source>
        <translation>尚无统计数据</translation>
    </message>
    <message>
        <source>Not started yet</source>
        <translation>尚未启动过</translation>
    </message>
</context>
<context>
    <name>WorkerDrawer</name>
    <message>
        <source>Open the page</source>
        <translation>打开页面</translation>
    </message>
    <message>
        <source>Show this worker on the Pipeline page</source>
        <translation>在“流水线”页显示此处理单元</translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation>关闭（Esc）</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>WorkerSetting</name>
    <message>
        <source>Cameras</source>
        <translation>摄像头</translation>
    </message>
    <message>
        <source>Reads from</source>
        <translation>读取主题</translation>
    </message>
    <message>
        <source>Consumer group</source>
        <translation>消费者组</translation>
    </message>
    <message>
        <source>Writes to</source>
        <translation>写入主题</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Model family</source>
        <translation>模型类型</translation>
    </message>
    <message>
        <source>Runs on</source>
        <translation>执行提供程序</translation>
    </message>
    <message>
        <source>Graphics card</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程数</translation>
    </message>
    <message>
        <source>Batch size</source>
        <translation>批量</translation>
    </message>
    <message>
        <source>Input size</source>
        <translation>输入尺寸</translation>
    </message>
    <message>
        <source>Confidence</source>
        <translation>置信度</translation>
    </message>
    <message>
        <source>Overlap (IoU)</source>
        <translation>重叠度（IoU）</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>目标类别</translation>
    </message>
    <message>
        <source>Group distance</source>
        <translation>成组距离</translation>
    </message>
    <message>
        <source>Evidence picture (bytes)</source>
        <translation>证据图片上限（字节）</translation>
    </message>
    <message>
        <source>Assessor</source>
        <translation>评估器</translation>
    </message>
    <message>
        <source>Tasks at a time</source>
        <translation>同时处理的任务数</translation>
    </message>
    <message>
        <source>Rules: near distance</source>
        <translation>规则：接近距离</translation>
    </message>
    <message>
        <source>Rules: conflict distance</source>
        <translation>规则：冲突距离</translation>
    </message>
    <message>
        <source>Rules: crowd size</source>
        <translation>规则：聚集人数</translation>
    </message>
    <message>
        <source>Rules: crowd density</source>
        <translation>规则：聚集密度</translation>
    </message>
    <message>
        <source>Rules: time to collision, medium (s)</source>
        <translation>规则：碰撞时间，中（秒）</translation>
    </message>
    <message>
        <source>Rules: time to collision, high (s)</source>
        <translation>规则：碰撞时间，高（秒）</translation>
    </message>
    <message>
        <source>Rules: post-encroachment, medium (s)</source>
        <translation>规则：后侵入时间，中（秒）</translation>
    </message>
    <message>
        <source>Rules: post-encroachment, low (s)</source>
        <translation>规则：后侵入时间，低（秒）</translation>
    </message>
    <message>
        <source>Rules: post-encroachment, ahead (s)</source>
        <translation>规则：后侵入时间，预测范围（秒）</translation>
    </message>
    <message>
        <source>LLM: kind of server</source>
        <translation>大模型：接口</translation>
    </message>
    <message>
        <source>LLM: API version</source>
        <translation>大模型：接口版本</translation>
    </message>
    <message>
        <source>LLM: address</source>
        <translation>大模型：地址</translation>
    </message>
    <message>
        <source>LLM: connection timeout (s)</source>
        <translation>大模型：连接超时（秒）</translation>
    </message>
    <message>
        <source>LLM: most cost a day</source>
        <translation>大模型：每日费用上限</translation>
    </message>
    <message>
        <source>LLM: most tokens a day</source>
        <translation>大模型：每日 token 上限</translation>
    </message>
    <message>
        <source>LLM: rules stand in</source>
        <translation>大模型：由规则代判</translation>
    </message>
    <message>
        <source>LLM: keys</source>
        <translation>大模型：密钥</translation>
    </message>
    <message>
        <source>LLM: language of verdicts</source>
        <translation>大模型：语言</translation>
    </message>
    <message>
        <source>LLM: output tokens, at most</source>
        <translation>大模型：最多输出 token</translation>
    </message>
    <message>
        <source>LLM: tasks expire after (s)</source>
        <translation>大模型：任务过期时间（秒）</translation>
    </message>
    <message>
        <source>LLM: requests per task</source>
        <translation>大模型：最多请求数</translation>
    </message>
    <message>
        <source>LLM: model</source>
        <translation>大模型：模型</translation>
    </message>
    <message>
        <source>LLM: price of input</source>
        <translation>大模型：输入价格</translation>
    </message>
    <message>
        <source>LLM: price of output</source>
        <translation>大模型：输出价格</translation>
    </message>
    <message>
        <source>LLM: prompt file</source>
        <translation>大模型：提示词</translation>
    </message>
    <message>
        <source>LLM: order of keys</source>
        <translation>大模型：密钥顺序</translation>
    </message>
    <message>
        <source>LLM: form of answers</source>
        <translation>大模型：回答格式</translation>
    </message>
    <message>
        <source>LLM: time for a task (s)</source>
        <translation>大模型：任务时限（秒）</translation>
    </message>
    <message>
        <source>LLM: temperature</source>
        <translation>大模型：温度</translation>
    </message>
    <message>
        <source>LLM: wait for an answer (s)</source>
        <translation>大模型：回答超时（秒）</translation>
    </message>
    <message>
        <source>Wait for verdicts (s)</source>
        <translation>等待评估结论（秒）</translation>
    </message>
    <message>
        <source>Alarm level</source>
        <translation>告警级别</translation>
    </message>
    <message>
        <source>Alarm cooldown (s)</source>
        <translation>告警冷却时间（秒）</translation>
    </message>
    <message>
        <source>Database</source>
        <translation>数据库</translation>
    </message>
    <message>
        <source>Alarms: told again after (s)</source>
        <translation>告警：多久后再次提醒（秒）</translation>
    </message>
    <message>
        <source>Alarms: closed after (s)</source>
        <translation>告警：多久后结束（秒）</translation>
    </message>
    <message>
        <source>Alarms: maintenance</source>
        <translation>告警：维护时段</translation>
    </message>
    <message>
        <source>Webhook: address</source>
        <translation>Webhook：地址</translation>
    </message>
    <message>
        <source>Webhook: signing secret</source>
        <translation>Webhook：签名密钥</translation>
    </message>
    <message>
        <source>Webhook: from level</source>
        <translation>Webhook：最低等级</translation>
    </message>
    <message>
        <source>Webhook: authorities</source>
        <translation>Webhook：证书颁发机构</translation>
    </message>
    <message>
        <source>Webhook: timeout (s)</source>
        <translation>Webhook：最长等待（秒）</translation>
    </message>
    <message>
        <source>Mail: server</source>
        <translation>邮件：服务器</translation>
    </message>
    <message>
        <source>Mail: port</source>
        <translation>邮件：端口</translation>
    </message>
    <message>
        <source>Mail: encryption</source>
        <translation>邮件：加密</translation>
    </message>
    <message>
        <source>Mail: user</source>
        <translation>邮件：用户名</translation>
    </message>
    <message>
        <source>Mail: password</source>
        <translation>邮件：密码</translation>
    </message>
    <message>
        <source>Mail: sender</source>
        <translation>邮件：发件人</translation>
    </message>
    <message>
        <source>Mail: recipients</source>
        <translation>邮件：收件人</translation>
    </message>
    <message>
        <source>Mail: from level</source>
        <translation>邮件：最低等级</translation>
    </message>
    <message>
        <source>Mail: authorities</source>
        <translation>邮件：证书颁发机构</translation>
    </message>
    <message>
        <source>Mail: timeout (s)</source>
        <translation>邮件：最长等待（秒）</translation>
    </message>
    <message>
        <source>Storage: keep alarms (days)</source>
        <translation>存储：保留告警（天）</translation>
    </message>
    <message>
        <source>Storage: keep verdicts (days)</source>
        <translation>存储：保留结论（天）</translation>
    </message>
    <message>
        <source>Storage: at most (MB)</source>
        <translation>存储：最多（MB）</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>自动</translation>
    </message>
</context>
<context>
    <name>WorkerState</name>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>启动中</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>Degraded</source>
        <translation>降级运行</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>停止中</translation>
    </message>
    <message>
        <source>Restarting</source>
        <translation>等待重启</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>故障</translation>
    </message>
    <message>
        <source>in {0} s</source>
        <translation>{0} 秒后</translation>
    </message>
</context>
<context>
    <name>_Row</name>
    <message>
        <source>From</source>
        <translation>从</translation>
    </message>
    <message>
        <source>Until</source>
        <translation>至</translation>
    </message>
    <message>
        <source>no detection</source>
        <translation>不检测</translation>
    </message>
    <message>
        <source>detect with</source>
        <translation>检测参数</translation>
    </message>
    <message>
        <source>What is different</source>
        <translation>有何不同</translation>
    </message>
    <message>
        <source>Detections per second; empty: as usual</source>
        <translation>每秒检测次数；留空则照常</translation>
    </message>
    <message>
        <source>conf.</source>
        <translation>置信度</translation>
    </message>
    <message>
        <source>Lowest confidence, 0 to 1; empty: as usual</source>
        <translation>最低置信度，0 到 1；留空则照常</translation>
    </message>
    <message>
        <source>Remove this time</source>
        <translation>删除此时段</translation>
    </message>
    <message>
        <source>/s</source>
        <translation>次/秒</translation>
    </message>
    <message>
        <source>Rate</source>
        <translation>速率</translation>
    </message>
    <message>
        <source>Confidence</source>
        <translation>置信度</translation>
    </message>
</context>
</TS>

; What the installer says beyond NSIS' own texts. Operators read it: plain words, what to do next.

!macro Text NAME ENGLISH CHINESE
  LangString ${NAME} ${LANG_ENGLISH} "${ENGLISH}"
  LangString ${NAME} ${LANG_SIMPCHINESE} "${CHINESE}"
!macroend

!insertmacro Text WelcomeText \
  "Signalbox watches traffic cameras and raises an alarm when people and vehicles come too near to each other.$\r$\n$\r$\nIt needs ${SIZE_MB} MB on the disk. Out of the box nothing leaves this computer. Your settings and alarms of an earlier version are kept.$\r$\n$\r$\n$_CLICK" \
  "Signalbox 监看交通摄像头，当行人和车辆过于接近时发出告警。$\r$\n$\r$\n需要 ${SIZE_MB} MB 磁盘空间。默认情况下，数据不会离开这台电脑。旧版本的设置和告警会保留。$\r$\n$\r$\n$_CLICK"
!insertmacro Text RunNow "Start Signalbox now" "立即启动 Signalbox"
!insertmacro Text LinkText "Watch traffic cameras and alarms" "监看交通摄像头和告警"

!insertmacro Text ScopeTitle "Who will use Signalbox?" "谁将使用 Signalbox？"
!insertmacro Text ScopeSubtitle "For you alone it needs no administrator." "仅供您自己使用时不需要管理员权限。"
!insertmacro Text ScopeMe "Only me (recommended)" "仅限我自己（推荐）"
!insertmacro Text ScopeMeText "Goes into your own user folder; no administrator rights." "安装到您的用户文件夹；不需要管理员权限。"
!insertmacro Text ScopeAll "Everybody on this computer" "这台电脑的所有用户"
!insertmacro Text ScopeAllText "Windows will ask for an administrator. Each user has settings and alarms of their own." "Windows 会要求管理员确认。每个用户有自己的设置和告警。"
!insertmacro Text NeedsAdmin "Installing for everybody needs administrator rights. Start the installer with “Run as administrator”, or install for yourself only." "为所有用户安装需要管理员权限。请用“以管理员身份运行”启动安装程序，或只为自己安装。"
!insertmacro Text UpgradeNeedsAdmin "Signalbox is installed for everybody on this computer. Upgrading it needs administrator rights. Start the installer as administrator, or add /CURRENTUSER for a Signalbox of your own beside it. Nothing was changed." "这台电脑上的 Signalbox 是为所有用户安装的，升级它需要管理员权限。请以管理员身份启动安装程序，或加上 /CURRENTUSER 另外为自己安装一份。未作任何更改。"

!insertmacro Text PartProgram "Signalbox (needed)" "Signalbox（必需）"
!insertmacro Text PartProgramText "The program, and its entry in the Start menu." "程序本身和“开始”菜单中的入口。"
!insertmacro Text PartDesktop "Desktop shortcut" "桌面快捷方式"
!insertmacro Text PartDesktopText "An icon on the desktop." "在桌面上放置图标。"
!insertmacro Text PartAutostart "Start with Windows" "随 Windows 启动"
!insertmacro Text PartAutostartText "Opens Signalbox whenever you log in; installed for everybody, whenever anybody does." "每次登录时打开 Signalbox；为所有用户安装时，任何用户登录都会打开。"

!insertmacro Text Running "Signalbox is running. Close it, then start the installation again (or add /CLOSE). Nothing was changed." "Signalbox 正在运行。请先关闭它，然后重新开始安装（或加上 /CLOSE）。未作任何更改。"
!insertmacro Text RunningUninstall "Signalbox is running. Close it, then uninstall it again (or add /CLOSE). Nothing was removed." "Signalbox 正在运行。请先关闭它，然后重新卸载（或加上 /CLOSE）。未删除任何内容。"
!insertmacro Text CannotClose "Signalbox cannot be closed from here: no installed copy was found that could do it. Close its window yourself." "无法从这里关闭 Signalbox：未找到可执行此操作的已安装副本。请自行关闭其窗口。"
!insertmacro Text DidNotClose "Signalbox was asked to close, and still runs. Look at its window: it may be waiting for an answer. Or it runs in a command window, or for another user of this computer." "已请求 Signalbox 关闭，但它仍在运行。请查看其窗口，它可能在等待回答；也可能正在命令行窗口中运行，或正由这台电脑的其他用户运行。"
!insertmacro Text RunningAsk "Signalbox is running.$\r$\n$\r$\nYes: close it now. Its workers finish what is under way; nothing is lost.$\r$\nNo: I have closed it myself, look again.$\r$\nCancel: change nothing." "Signalbox 正在运行。$\r$\n$\r$\n是：立即关闭。工作单元会完成手头的工作，不会丢失任何数据。$\r$\n否：我已自行关闭，请再检查一次。$\r$\n取消：不作任何更改。"
!insertmacro Text ReadOnly "Nothing can be written into$\r$\n$INSTDIR$\r$\n$\r$\nChoose another folder, or ask an administrator for the right to write there. Nothing was changed." "无法写入文件夹$\r$\n$INSTDIR$\r$\n$\r$\n请选择其他文件夹，或请管理员授予写入权限。未作任何更改。"
!insertmacro Text NoSpace "There is not enough space on the disk of$\r$\n$INSTDIR$\r$\n$\r$\nSignalbox needs ${SIZE_MB} MB. Free some, or choose another disk. Nothing was changed." "以下文件夹所在磁盘空间不足：$\r$\n$INSTDIR$\r$\n$\r$\nSignalbox 需要 ${SIZE_MB} MB。请腾出空间或选择其他磁盘。未作任何更改。"
!insertmacro Text TooLong "The name of the folder is too long for Windows (at most ${LONGEST_FOLDER} characters):$\r$\n$INSTDIR" "文件夹名称对 Windows 来说太长（最多 ${LONGEST_FOLDER} 个字符）：$\r$\n$INSTDIR"
!insertmacro Text InUse "Files of the installed Signalbox are in use by another program. Close Signalbox and whatever shows its folder, then start the installation again. The installed version was left as it was." "已安装的 Signalbox 的文件正被其他程序使用。请关闭 Signalbox 以及显示其文件夹的窗口，然后重新开始安装。已安装的版本保持原样。"
!insertmacro Text NotWritten "A file could not be written: the disk is full, or a virus scanner holds it. What was installed before was left as it was." "有文件无法写入：磁盘已满，或被杀毒软件占用。之前安装的版本保持原样。"
!insertmacro Text AskData "Delete your settings, alarms and logs as well?$\r$\n$\r$\n$LOCALAPPDATA\${NAME}$\r$\n$\r$\nThis cannot be undone. “No” keeps them for a later installation." "是否同时删除您的设置、告警和日志？$\r$\n$\r$\n$LOCALAPPDATA\${NAME}$\r$\n$\r$\n此操作无法撤销。选“否”将保留它们，供以后安装使用。"

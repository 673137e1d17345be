; The installer. Compiled by installer/nsis_build.py, which writes build.nsh (what the build knows),
; install.nsh (every file, in order) and remove.nsh (the same files, for the uninstaller).
;
; Command line:
;   /S             silent          /D=FOLDER      where to (the last argument, without quotes)
;   /ALLUSERS      for everybody   /LANG=2052     language (1033 English, 2052 Chinese)
;   /CURRENTUSER   for this user, also where there is one for everybody
;   /CLOSE         close a running Signalbox in order first
;   /AUTOSTART     start with Windows             /NODESKTOP     no desktop shortcut
; Exit codes: 0 done, 1 cancelled, 2 a file could not be written, 3 Signalbox runs, 4 disk full,
;   5 folder cannot be written, 6 administrator rights are needed, 7 folder name too long.
; Why it failed is also in %TEMP%\Signalbox-Setup.log.

Unicode true
!include build.nsh
!ifdef TARGET
  Target ${TARGET}
!endif
SetCompressor ${COMPRESSION}
!if ${COMPRESSION} == lzma
  SetCompressorDictSize 8 ; with 64 compressing takes much longer
!endif

!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include nsDialogs.nsh
!include x64.nsh
!include Win\COM.nsh
!include Win\Propkey.nsh

!define NAME "Signalbox"
!define APP_ID "Signalbox.Console" ; console/app.py says the same of the window
!define MUTEX "Global\Signalbox" ; bootstrap/installed.py holds it
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${NAME}"
!define RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define STAGE "$INSTDIR\.new"
!define OLD "$INSTDIR\.old"
!define LONGEST_FOLDER 110 ; with the longest name in the program it stays below 260

Name "${NAME}"
OutFile "${OUTFILE}"
RequestExecutionLevel user
InstallDir ""
ShowInstDetails nevershow
ShowUninstDetails nevershow
BrandingText "${NAME} ${VERSION}"
AllowSkipFiles off
ManifestDPIAware true
ManifestSupportedOS Win10
VIProductVersion "${NUMBERS}"
VIFileVersion "${NUMBERS}"
VIAddVersionKey ProductName "${NAME}"
VIAddVersionKey CompanyName "${NAME}"
VIAddVersionKey FileDescription "${NAME} Setup"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey LegalCopyright "Apache License 2.0"
!ifdef SIGN_COMMAND
  !uninstfinalize `${SIGN_COMMAND} "%1"` = 0
!endif

Var ForAll ; 1: for all users of the machine
Var Chosen ; 1: for whom was said on the command line
Var Trouble ; why a running Signalbox could not be closed; empty, or with an empty line at its end
Var OnlyMe
Var Everybody

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${WELCOME}"
!define MUI_UNWELCOMEFINISHPAGE_BITMAP "${WELCOME}"
!define MUI_HEADERIMAGE
!define MUI_HEADERIMAGE_RIGHT
!define MUI_HEADERIMAGE_BITMAP "${HEADER}"
!define MUI_HEADERIMAGE_UNBITMAP "${HEADER}"
!define MUI_ABORTWARNING
!define MUI_LANGDLL_ALLLANGUAGES
!define MUI_WELCOMEPAGE_TEXT "$(WelcomeText)"
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "$(RunNow)"
!define MUI_FINISHPAGE_RUN_FUNCTION StartProgram
!define MUI_FINISHPAGE_NOAUTOCLOSE

!insertmacro MUI_PAGE_WELCOME
Page custom ScopeShow ScopeLeave
!insertmacro MUI_PAGE_COMPONENTS
!define MUI_PAGE_CUSTOMFUNCTION_LEAVE CheckFolder
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES

!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"
!include strings.nsh

; ------------------------------------------------------------------------------ telling

; Tells why it goes no further, keeps that in a file, and ends with the code.
!macro Fail CODE TEXT
  FileOpen $R9 "$TEMP\Signalbox-Setup.log" w
  FileWriteUTF16LE /BOM $R9 "${TEXT}$\r$\n"
  FileClose $R9
  MessageBox MB_OK|MB_ICONSTOP "${TEXT}" /SD IDOK
  SetErrorLevel ${CODE}
!macroend

; ------------------------------------------------------------------------------ running?

; Leaves 1 in $0 while a Signalbox of this or another user runs.
!macro IsRunning
  System::Call 'kernel32::OpenMutexW(i 0x00100000, i 0, w "${MUTEX}") p.r1 ?e'
  Pop $2
  StrCpy $0 0
  ${If} $1 P<> 0
    System::Call 'kernel32::CloseHandle(p r1)'
    StrCpy $0 1
  ${ElseIf} $2 = 5 ; of a user whose things we may not touch
    StrCpy $0 1
  ${EndIf}
!macroend

; Has the program in a folder ask the running one to stop its workers and leave, and waits for it.
; Any copy reaches the windows of its user, wherever they were started from.
!macro CloseBy FOLDER
  ${If} $0 = 1
  ${AndIf} "${FOLDER}" != ""
  ${AndIf} ${FileExists} "${FOLDER}\signalbox-cli.exe"
    StrCpy $Trouble "$(DidNotClose)$\r$\n$\r$\n"
    nsExec::Exec /TIMEOUT=60000 '"${FOLDER}\signalbox-cli.exe" quit --wait 45'
    Pop $0
    ${ForEach} $3 1 40 + 1 ; the window is gone, its process writes its last lines
      !insertmacro IsRunning
      ${If} $0 = 0
        ${Break}
      ${EndIf}
      Sleep 250
    ${Next}
  ${EndIf}
!macroend

; Closes the running one by whichever copy is there: in the chosen folder, or as registered.
!macro CloseRunning
  StrCpy $Trouble "$(CannotClose)$\r$\n$\r$\n"
  StrCpy $0 1
  !insertmacro CloseBy "$INSTDIR"
  ReadRegStr $4 HKLM "${UNINSTALL_KEY}" "InstallLocation"
  ${If} $4 == $INSTDIR
    StrCpy $4 "" ; it was asked already
  ${EndIf}
  !insertmacro CloseBy "$4"
  ${If} $ForAll <> 1 ; else with an administrator's rights what a user can write to would be run
    ReadRegStr $4 HKCU "${UNINSTALL_KEY}" "InstallLocation"
    ${If} $4 == $INSTDIR
      StrCpy $4 ""
    ${EndIf}
    !insertmacro CloseBy "$4"
  ${EndIf}
!macroend

!macro WaitUntilClosed PREFIX SILENT_TEXT
Function ${PREFIX}WaitUntilClosed
  !insertmacro IsRunning
  ${If} $0 = 0
    Return
  ${EndIf}
  StrCpy $Trouble ""
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/CLOSE" $R1
  ${IfNot} ${Errors}
    !insertmacro CloseRunning
  ${EndIf}
  ${Do}
    !insertmacro IsRunning
    ${If} $0 = 0
      ${Break}
    ${EndIf}
    ${If} ${Silent}
      !insertmacro Fail 3 "$Trouble${SILENT_TEXT}"
      Quit
    ${EndIf}
    MessageBox MB_YESNOCANCEL|MB_ICONEXCLAMATION "$Trouble$(RunningAsk)" IDYES close IDNO look
    SetErrorLevel 3
    Quit
    close:
      !insertmacro CloseRunning
      ${Continue}
    look:
      StrCpy $Trouble ""
  ${Loop}
FunctionEnd
!macroend
!insertmacro WaitUntilClosed "" "$(Running)"
!insertmacro WaitUntilClosed "un." "$(RunningUninstall)"

; ------------------------------------------------------------------------------ for whom

!macro IsAdmin
  UserInfo::GetAccountType
  Pop $0
!macroend

Function UseScope
  SetRegView 64
  ${If} $ForAll = 1
    SetShellVarContext all
  ${Else}
    SetShellVarContext current
  ${EndIf}
FunctionEnd

; The folder of the Signalbox that is there, else the usual one.
Function ProposeFolder
  ReadRegStr $0 SHCTX "${UNINSTALL_KEY}" "InstallLocation"
  ${If} $0 != ""
    StrCpy $INSTDIR $0
  ${ElseIf} $ForAll = 1
    StrCpy $INSTDIR "$PROGRAMFILES64\${NAME}"
  ${Else}
    StrCpy $INSTDIR "$LOCALAPPDATA\Programs\${NAME}"
  ${EndIf}
FunctionEnd

; For whom it is: as the command line says. A silent run that does not say upgrades what is there, the
; user's own before that for everybody, and puts no second one beside it, unless into a folder of its own.
Function ChooseScope
  StrCpy $ForAll 0
  StrCpy $Chosen 0
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/ALLUSERS" $R1
  ${IfNot} ${Errors}
    StrCpy $ForAll 1
    StrCpy $Chosen 1
    Return
  ${EndIf}
  ClearErrors
  ${GetOptions} $R0 "/CURRENTUSER" $R1
  ${IfNot} ${Errors}
    StrCpy $Chosen 1
    Return
  ${EndIf}
  ReadRegStr $0 HKCU "${UNINSTALL_KEY}" "InstallLocation"
  ReadRegStr $1 HKLM "${UNINSTALL_KEY}" "InstallLocation"
  ${If} ${Silent}
  ${AndIf} $0 == ""
  ${AndIf} $1 != ""
    ${If} $INSTDIR == ""
    ${OrIf} $INSTDIR == $1
      StrCpy $ForAll 1
    ${EndIf}
  ${EndIf}
FunctionEnd

!macro FailWithoutRights
  ${If} $ForAll = 1
    !insertmacro IsAdmin
    ${If} $0 != "Admin"
      ${If} $Chosen = 1
        !insertmacro Fail 6 "$(NeedsAdmin)"
      ${Else}
        !insertmacro Fail 6 "$(UpgradeNeedsAdmin)"
      ${EndIf}
      Quit
    ${EndIf}
  ${EndIf}
!macroend

Function .onInit
  SetRegView 64
  Call ChooseScope
  ${IfNot} ${Silent} ; a silent run tells it later: only then the language is as chosen
    !insertmacro FailWithoutRights
  ${EndIf}
  Call UseScope
  ${If} $INSTDIR == ""
    Call ProposeFolder
  ${EndIf}
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/LANG=" $R1
  ${If} ${Errors}
    !insertmacro MUI_LANGDLL_DISPLAY
  ${Else}
    StrCpy $LANGUAGE $R1
  ${EndIf}
  Call ChooseParts
FunctionEnd

Function ScopeShow
  ${If} $Chosen = 1
    Abort ; as by the start with administrator rights
  ${EndIf}
  !insertmacro MUI_HEADER_TEXT "$(ScopeTitle)" "$(ScopeSubtitle)"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateRadioButton} 0 10u 100% 12u "$(ScopeMe)"
  Pop $OnlyMe
  ${NSD_CreateLabel} 14u 24u 90% 20u "$(ScopeMeText)"
  Pop $0
  ${NSD_CreateRadioButton} 0 54u 100% 12u "$(ScopeAll)"
  Pop $Everybody
  ${NSD_CreateLabel} 14u 68u 90% 20u "$(ScopeAllText)"
  Pop $0
  ReadRegStr $0 HKLM "${UNINSTALL_KEY}" "InstallLocation"
  ${If} $0 == ""
    ${NSD_Check} $OnlyMe
  ${Else}
    ${NSD_Check} $Everybody ; there is one already; not a second beside it
  ${EndIf}
  nsDialogs::Show
FunctionEnd

Function ScopeLeave
  ${NSD_GetState} $Everybody $0
  ${If} $0 <> ${BST_CHECKED}
    Return
  ${EndIf}
  !insertmacro IsAdmin
  ${If} $0 == "Admin"
    StrCpy $ForAll 1
    Call UseScope
    Call ProposeFolder
    Call ChooseParts
    Return
  ${EndIf}
  ClearErrors
  ExecShell "runas" "$EXEPATH" "/ALLUSERS /LANG=$LANGUAGE"
  ${If} ${Errors}
    MessageBox MB_OK|MB_ICONINFORMATION "$(NeedsAdmin)"
    Abort
  ${EndIf}
  Quit
FunctionEnd

Function CheckFolder
  StrLen $0 $INSTDIR
  ${If} $0 > ${LONGEST_FOLDER}
    !insertmacro Fail 7 "$(TooLong)"
    Abort
  ${EndIf}
FunctionEnd

; ------------------------------------------------------------------------------ installing

Function CleanUp
  SetOutPath "$TEMP" ; a current folder cannot be removed
  RMDir /r "${STAGE}"
  RMDir "$INSTDIR"
FunctionEnd

; A file could not be written (the disk is full, a scanner holds it): what was there stays as it was.
Function .onInstFailed
  Call CleanUp
  IfSilent 0 +2
  SetErrorLevel 2
  FileOpen $R9 "$TEMP\Signalbox-Setup.log" a
  FileWriteUTF16LE /BOM $R9 "$(NotWritten)$\r$\n"
  FileClose $R9
FunctionEnd

; Leaves the free space for $INSTDIR, in kB, in $0.
!macro FreeSpace
  System::Call 'kernel32::GetDiskFreeSpaceExW(w "$INSTDIR", *l.r0, p 0, p 0)'
  System::Int64Op $0 / 1024
  Pop $0
!macroend

Function Prepare
  Delete "$TEMP\Signalbox-Setup.log"
  StrLen $0 $INSTDIR
  ${If} $0 > ${LONGEST_FOLDER}
    !insertmacro Fail 7 "$(TooLong)"
    Quit
  ${EndIf}
  !insertmacro FailWithoutRights
  Call WaitUntilClosed
  RMDir /r "${STAGE}" ; of an installation that was killed
  ClearErrors
  CreateDirectory "${STAGE}"
  FileOpen $0 "${STAGE}\trial" w
  ${If} ${Errors}
    Call CleanUp
    !insertmacro Fail 5 "$(ReadOnly)"
    Quit
  ${EndIf}
  FileClose $0
  Delete "${STAGE}\trial"
  !insertmacro FreeSpace
  System::Int64Op $0 < ${SIZE_KB}
  Pop $1
  ${If} $1 = 1
    Call CleanUp
    !insertmacro Fail 4 "$(NoSpace)"
    Quit
  ${EndIf}
FunctionEnd

; Puts one part of the new program in the place of the old; a part that is in use stays.
!macro Swap PART
  ${If} ${FileExists} "$INSTDIR\${PART}"
    Rename "$INSTDIR\${PART}" "${OLD}\${PART}"
  ${EndIf}
  Rename "${STAGE}\${PART}" "$INSTDIR\${PART}"
!macroend

; Takes a part back that was swapped already.
!macro SwapBack PART
  ${If} ${FileExists} "${OLD}\${PART}"
    RMDir /r "$INSTDIR\${PART}"
    Delete "$INSTDIR\${PART}"
    Rename "${OLD}\${PART}" "$INSTDIR\${PART}"
  ${EndIf}
!macroend

!macro EachPart MACRO
  !insertmacro ${MACRO} "runtime"
  !insertmacro ${MACRO} "app"
  !insertmacro ${MACRO} "licences"
  !insertmacro ${MACRO} "manifest.json"
  !insertmacro ${MACRO} "sbom.cdx.json"
  !insertmacro ${MACRO} "signalbox-cli.exe"
  !insertmacro ${MACRO} "Signalbox.exe"
  !insertmacro ${MACRO} "uninstall.exe"
!macroend

; Gives a shortcut the identity of the window, so that the task bar shows them as one.
!macro SetAppId LINK
  !insertmacro ComHlpr_CreateInProcInstance ${CLSID_ShellLink} ${IID_IShellLink} r0 ""
  ${If} $0 P<> 0
    ${IUnknown::QueryInterface} $0 '("${IID_IPersistFile}",.r1)'
    ${If} $1 P<> 0
      ${IPersistFile::Load} $1 '("${LINK}", ${STGM_READWRITE})'
      ${IUnknown::QueryInterface} $0 '("${IID_IPropertyStore}",.r2)'
      ${If} $2 P<> 0
        System::Call '*${SYSSTRUCT_PROPERTYKEY}(${PKEY_AppUserModel_ID})p.r3'
        System::Call 'oleaut32::SysAllocString(w "${APP_ID}")p.r4'
        System::Call '*(&i2 ${VT_BSTR}, &i6 0, p r4, p 0)p.r5'
        ${IPropertyStore::SetValue} $2 '(r3,r5)'
        ${IPropertyStore::Commit} $2 ""
        ${IPersistFile::Save} $1 '("${LINK}",1)'
        System::Call 'oleaut32::SysFreeString(p r4)'
        System::Free $3
        System::Free $5
        ${IUnknown::Release} $2 ""
      ${EndIf}
      ${IUnknown::Release} $1 ""
    ${EndIf}
    ${IUnknown::Release} $0 ""
  ${EndIf}
!macroend

Section "$(PartProgram)" SecProgram
  SectionIn RO
  Call Prepare
  !include install.nsh
  WriteUninstaller "${STAGE}\uninstall.exe"

  SetOutPath "$INSTDIR"
  RMDir /r "${OLD}"
  CreateDirectory "${OLD}"
  ClearErrors
  !insertmacro EachPart Swap
  ${If} ${Errors}
    !insertmacro EachPart SwapBack
    RMDir /r "${OLD}"
    Call CleanUp
    !insertmacro Fail 2 "$(InUse)"
    Quit
  ${EndIf}
  RMDir /r "${OLD}"
  RMDir "${STAGE}"

  ; One that was in another folder goes; settings and alarms stay.
  ReadRegStr $5 SHCTX "${UNINSTALL_KEY}" "InstallLocation"
  ${If} $5 != ""
  ${AndIf} $5 != $INSTDIR
  ${AndIf} ${FileExists} "$5\uninstall.exe"
    ExecWait '"$5\uninstall.exe" /S _?=$5'
    Delete "$5\uninstall.exe"
    RMDir "$5"
  ${EndIf}

  CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\Signalbox.exe" "" "" "" "" "" "$(LinkText)"
  !insertmacro SetAppId "$SMPROGRAMS\${NAME}.lnk"

  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayName" "${NAME}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\Signalbox.exe"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "Publisher" "${NAME}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "EstimatedSize" ${SIZE_KB}
  WriteRegStr SHCTX "${UNINSTALL_KEY}" "Language" $LANGUAGE ; for the uninstaller
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" "NoRepair" 1
SectionEnd

Section "$(PartDesktop)" SecDesktop
  SetOutPath "$INSTDIR"
  CreateShortcut "$DESKTOP\${NAME}.lnk" "$INSTDIR\Signalbox.exe" "" "" "" "" "" "$(LinkText)"
  !insertmacro SetAppId "$DESKTOP\${NAME}.lnk"
SectionEnd

Section /o "$(PartAutostart)" SecAutostart
  WriteRegStr SHCTX "${RUN_KEY}" "${NAME}" '"$INSTDIR\Signalbox.exe"'
SectionEnd

; What was there before and is not ticked now goes.
Section "-"
  ${IfNot} ${SectionIsSelected} ${SecDesktop}
    Delete "$DESKTOP\${NAME}.lnk"
  ${EndIf}
  ${IfNot} ${SectionIsSelected} ${SecAutostart}
    DeleteRegValue SHCTX "${RUN_KEY}" "${NAME}"
  ${EndIf}
SectionEnd

; What the command line says, and for an upgrade what is there: a removed shortcut stays removed.
Function ChooseParts
  ${If} ${FileExists} "$INSTDIR\Signalbox.exe"
  ${AndIfNot} ${FileExists} "$DESKTOP\${NAME}.lnk"
    !insertmacro UnselectSection ${SecDesktop}
  ${EndIf}
  ClearErrors
  ${GetOptions} $R0 "/NODESKTOP" $R1
  ${IfNot} ${Errors}
    !insertmacro UnselectSection ${SecDesktop}
  ${EndIf}
  ReadRegStr $0 SHCTX "${RUN_KEY}" "${NAME}"
  ${If} $0 != ""
    !insertmacro SelectSection ${SecAutostart}
  ${EndIf}
  ClearErrors
  ${GetOptions} $R0 "/AUTOSTART" $R1
  ${IfNot} ${Errors}
    !insertmacro SelectSection ${SecAutostart}
  ${EndIf}
FunctionEnd

!include Sections.nsh
!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${SecProgram} "$(PartProgramText)"
  !insertmacro MUI_DESCRIPTION_TEXT ${SecDesktop} "$(PartDesktopText)"
  !insertmacro MUI_DESCRIPTION_TEXT ${SecAutostart} "$(PartAutostartText)"
!insertmacro MUI_FUNCTION_DESCRIPTION_END

; Never with the installer's administrator rights: the desktop's own shell starts it.
Function StartProgram
  ${If} $ForAll = 1
    Exec '"$WINDIR\explorer.exe" "$INSTDIR\Signalbox.exe"'
  ${Else}
    Exec '"$INSTDIR\Signalbox.exe"'
  ${EndIf}
FunctionEnd

; ------------------------------------------------------------------------------ uninstalling

Function un.onInit
  SetRegView 64
  StrCpy $ForAll 0
  ReadRegStr $0 HKLM "${UNINSTALL_KEY}" "InstallLocation"
  ${If} $0 == $INSTDIR
    StrCpy $ForAll 1
    !insertmacro IsAdmin
    ${If} $0 != "Admin"
      ${GetParameters} $R0
      ExecShell "runas" "$INSTDIR\uninstall.exe" "$R0"
      Quit
    ${EndIf}
  ${EndIf}
  ${If} $ForAll = 1
    ReadRegStr $1 HKLM "${UNINSTALL_KEY}" "Language"
  ${Else}
    ReadRegStr $1 HKCU "${UNINSTALL_KEY}" "Language"
  ${EndIf}
  ${If} $1 == ""
    !insertmacro MUI_UNGETLANGUAGE
  ${Else}
    StrCpy $LANGUAGE $1 ; as chosen when it was installed
  ${EndIf}
FunctionEnd

Section "un.${NAME}"
  ${If} $ForAll = 1
    SetShellVarContext all
  ${Else}
    SetShellVarContext current
  ${EndIf}
  Delete "$TEMP\Signalbox-Setup.log"
  Call un.WaitUntilClosed
  SetOutPath "$TEMP"
  RMDir /r "${STAGE}"
  RMDir /r "${OLD}"
  !include remove.nsh
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${NAME}.lnk"
  Delete "$DESKTOP\${NAME}.lnk"
  ReadRegStr $0 SHCTX "${RUN_KEY}" "${NAME}"
  ${If} $0 == '"$INSTDIR\Signalbox.exe"'
    DeleteRegValue SHCTX "${RUN_KEY}" "${NAME}"
  ${EndIf}
  DeleteRegKey SHCTX "${UNINSTALL_KEY}"
  DeleteRegKey SHCTX "Software\${NAME}\Installer"
  DeleteRegKey /ifempty SHCTX "Software\${NAME}"

  SetShellVarContext current
  ${IfNot} ${FileExists} "$LOCALAPPDATA\${NAME}\*.*"
    Return
  ${EndIf}
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/PURGE" $R1
  ${IfNot} ${Errors}
    RMDir /r "$LOCALAPPDATA\${NAME}"
    Return
  ${EndIf}
  MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "$(AskData)" /SD IDNO IDNO keep
  RMDir /r "$LOCALAPPDATA\${NAME}"
  keep:
SectionEnd

/* For the Wine rig only. Runs a program in a console of its own, sends it an event of that console, and
   tells how it ended.

     console.exe EVENT PATIENCE FILE PROGRAM ARGUMENTS...

   EVENT is 0 (Ctrl+C), 1 (Ctrl+Break), 2 (the console is closed), 5 (log-off) or 6 (shutdown). It is
   sent when FILE is there. The last line is "ended by itself CODE MS" or "ended by Windows CODE MS",
   with the time since the event; without a FILE in time "no event".

   Of these, Wine 8 delivers Ctrl+C only: GenerateConsoleCtrlEvent refuses Ctrl+Break, and where the
   console's window is closed the programs end without their handlers being asked. So the others are delivered here as Windows does it: a
   thread in the program, at CtrlRoutine, which calls the handlers. After a closing event Windows ends
   the program when they have returned, at the latest after its patience, in milliseconds (5000 on a
   real one); so does this. */

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

#define READY_MS 180000
#define OTHER_MS 60000
#define LOOK_MS 50
#define WINDOWS_CODE 0xC000013A /* STATUS_CONTROL_C_EXIT */

static int fail(const char *what)
{
    printf("%s: error %lu\n", what, GetLastError());
    return 255;
}

/* Returns the rest of the command line, after so many words; the words hold no quotes. */
static WCHAR *after_words(int count)
{
    WCHAR *at = GetCommandLineW();
    while (count--) {
        BOOL is_quoted = FALSE;
        for (; *at && (is_quoted || *at != L' '); at++)
            if (*at == L'"')
                is_quoted = !is_quoted;
        while (*at == L' ')
            at++;
    }
    return at;
}

static int tell_end(HANDLE process, const char *by, ULONGLONG since_ms)
{
    DWORD code;
    WaitForSingleObject(process, OTHER_MS);
    GetExitCodeProcess(process, &code);
    printf("ended by %s %lu %llu\n", by, code, GetTickCount64() - since_ms);
    return 0;
}

int wmain(int count, WCHAR **words)
{
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION program;
    ULONGLONG began_ms = GetTickCount64();
    if (count < 5)
        return fail("words are missing");
    DWORD event = (DWORD)_wtoi(words[1]), patience_ms = (DWORD)_wtoi(words[2]);
    BOOL is_closing = event >= CTRL_CLOSE_EVENT;

    if (!CreateProcessW(NULL, after_words(4), NULL, NULL, FALSE, CREATE_NEW_CONSOLE, NULL, NULL,
                        &startup, &program))
        return fail("CreateProcess");
    while (GetFileAttributesW(words[3]) == INVALID_FILE_ATTRIBUTES) {
        if (WaitForSingleObject(program.hProcess, LOOK_MS) == WAIT_OBJECT_0)
            return tell_end(program.hProcess, "itself before the event", began_ms);
        if (GetTickCount64() - began_ms > READY_MS) {
            TerminateProcess(program.hProcess, WINDOWS_CODE);
            puts("no event");
            return 1;
        }
    }

    ULONGLONG sent_ms = GetTickCount64();
    HANDLE ends[2] = {program.hProcess, NULL};
    if (event == CTRL_C_EVENT) {
        FreeConsole();
        if (!AttachConsole(program.dwProcessId))
            return fail("AttachConsole");
        SetConsoleCtrlHandler(NULL, TRUE); /* not for this program */
        if (!GenerateConsoleCtrlEvent(event, 0))
            return fail("GenerateConsoleCtrlEvent");
    } else {
        /* System libraries are at the same address in every program. */
        FARPROC routine = GetProcAddress(GetModuleHandleW(L"kernelbase"), "CtrlRoutine");
        if (routine == NULL)
            return fail("CtrlRoutine");
        ends[1] = CreateRemoteThread(program.hProcess, NULL, 0,
                                     (LPTHREAD_START_ROUTINE)(void (*)(void))routine,
                                     (void *)(ULONG_PTR)event, 0, NULL);
        if (ends[1] == NULL)
            return fail("CreateRemoteThread");
    }
    if (!is_closing) {
        if (WaitForSingleObject(program.hProcess, OTHER_MS) == WAIT_OBJECT_0)
            return tell_end(program.hProcess, "itself", sent_ms);
    } else {
        WaitForMultipleObjects(2, ends, FALSE, patience_ms);
        DWORD returned = 0;
        GetExitCodeThread(ends[1], &returned);
        /* A program that ends takes the thread along, without a return. */
        if (returned == 0 && WaitForSingleObject(program.hProcess, patience_ms) == WAIT_OBJECT_0)
            return tell_end(program.hProcess, "itself", sent_ms);
    }
    TerminateProcess(program.hProcess, WINDOWS_CODE);
    return tell_end(program.hProcess, "Windows", sent_ms);
}

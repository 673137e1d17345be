/* For the Wine rig only, where everybody is an administrator. Runs the rest of its command line
   without those rights, and ends with the code of that. */

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdio.h>

static int fail(const char *what)
{
    printf("%s: error %lu\n", what, GetLastError());
    return 255;
}

int main(void)
{
    HANDLE mine, less;
    BYTE administrators[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof administrators, code;
    SID_AND_ATTRIBUTES disabled = {administrators, 0};
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    WCHAR *words = GetCommandLineW();
    BOOL is_quoted = FALSE;

    for (; *words && (is_quoted || *words != L' '); words++)
        if (*words == L'"')
            is_quoted = !is_quoted;
    while (*words == L' ')
        words++;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &mine))
        return fail("OpenProcessToken");
    if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, administrators, &size))
        return fail("CreateWellKnownSid");
    if (!CreateRestrictedToken(mine, 0, 1, &disabled, 0, NULL, 0, NULL, &less))
        return fail("CreateRestrictedToken");
    if (!CreateProcessAsUserW(less, NULL, words, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        return fail("CreateProcessAsUser");
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}

/* For the Wine rig only. Prints what stands in the windows that are shown, in UTF-8, a line for each
   part: class, number in its dialog, marks (D: the button that Return presses, C: ticked,
   G: greyed), text with its line ends as spaces. A top-level window comes first, at the left. The
   last line is END. */

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdio.h>

#define LONGEST 4096
#define PATIENCE_MS 2000

static DWORD_PTR ask(HWND window, UINT message, WPARAM w_param, LPARAM l_param)
{
    DWORD_PTR answer = 0;
    SendMessageTimeoutW(window, message, w_param, l_param, SMTO_ABORTIFHUNG, PATIENCE_MS, &answer);
    return answer;
}

static void print(HWND window, const char *indent)
{
    static wchar_t name[64], text[LONGEST];
    static char plain[4 * LONGEST];
    char marks[4] = "";
    GetClassNameW(window, name, 64);
    text[0] = L'\0';
    ask(window, WM_GETTEXT, LONGEST, (LPARAM)text);
    for (wchar_t *at = text; *at; at++)
        if (*at == L'\r' || *at == L'\n' || *at == L'\t')
            *at = L' ';
    if (lstrcmpiW(name, L"Button") == 0) {
        if ((GetWindowLongW(window, GWL_STYLE) & BS_TYPEMASK) == BS_DEFPUSHBUTTON)
            strcat(marks, "D");
        if (ask(window, BM_GETCHECK, 0, 0) == BST_CHECKED)
            strcat(marks, "C");
    }
    if (!IsWindowEnabled(window))
        strcat(marks, "G");
    WideCharToMultiByte(CP_UTF8, 0, name, -1, plain, sizeof plain, NULL, NULL);
    printf("%s%s\t%d\t%s\t", indent, plain, GetDlgCtrlID(window), marks);
    WideCharToMultiByte(CP_UTF8, 0, text, -1, plain, sizeof plain, NULL, NULL);
    printf("%s\n", plain);
}

static BOOL CALLBACK print_part(HWND window, LPARAM unused)
{
    (void)unused;
    if (IsWindowVisible(window))
        print(window, "  ");
    return TRUE;
}

static BOOL CALLBACK print_window(HWND window, LPARAM unused)
{
    (void)unused;
    if (IsWindowVisible(window)) {
        print(window, "");
        EnumChildWindows(window, print_part, 0);
    }
    return TRUE;
}

int main(void)
{
    EnumWindows(print_window, 0);
    puts("END");
    return 0;
}

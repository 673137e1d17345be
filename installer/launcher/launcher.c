/* Starts Python inside this process, from the folder `runtime` of the installed program.

   Built three ways:
   - WINDOWED: Signalbox.exe, no console; `app\main.py` with the arguments that were given;
   - CONSOLE:  signalbox-cli.exe, the same on a console;
   - PLAIN:    runtime\python.exe and pythonw.exe, for child processes: a bare interpreter.

   Nothing of Python's headers is needed: one function of its DLL is called, by name. Where Python
   finds its modules is told by `python312._pth` beside the DLL; that also shuts out PYTHONPATH and
   other settings of the machine. */

#define WIN32_LEAN_AND_MEAN
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <wchar.h>

#define LONGEST_PATH 32768
#define CANNOT_START 2

typedef int (*PyMain)(int argc, wchar_t **argv);

static wchar_t own_path[LONGEST_PATH];
static wchar_t folder[LONGEST_PATH];
static wchar_t runtime[LONGEST_PATH];
static wchar_t python[LONGEST_PATH];
#ifndef PLAIN
static wchar_t script[LONGEST_PATH];
#endif

static int cannot_start(const wchar_t *what)
{
    static wchar_t text[2 * LONGEST_PATH];
    swprintf(text, 2 * LONGEST_PATH,
             L"Signalbox cannot start: %ls (error %lu).\n\n"
             L"A part of the program is missing or blocked. Run the installer again; your settings "
             L"and alarms are kept. If it happens again, see whether the virus scanner has put "
             L"something into quarantine.",
             what, GetLastError());
#ifdef WINDOWED
    MessageBoxW(NULL, text, L"Signalbox", MB_OK | MB_ICONERROR);
#else
    fwprintf(stderr, L"%ls\n", text);
#endif
    return CANNOT_START;
}

/* Joins two parts of a path; the whole is cut off where it would be too long for Windows. */
static void join(wchar_t *to, const wchar_t *first, const wchar_t *second)
{
    swprintf(to, LONGEST_PATH, L"%ls\\%ls", first, second);
}

int wmain(int argc, wchar_t **argv)
{
    DWORD length = GetModuleFileNameW(NULL, own_path, LONGEST_PATH);
    if (length == 0 || length >= LONGEST_PATH)
        return cannot_start(L"its own folder cannot be told");
    wcscpy(folder, own_path);
    *wcsrchr(folder, L'\\') = L'\0';
#ifdef PLAIN
    wcscpy(runtime, folder);
#else
    join(runtime, folder, L"runtime");
#endif
    join(python, runtime, L"" PYTHON_DLL);

    /* Only our own folders and the system's: not the current one, where downloads may lie. */
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    AddDllDirectory(runtime);
    HMODULE library = LoadLibraryExW(
        python, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    if (library == NULL)
        return cannot_start(python);
    PyMain py_main = (PyMain)(void (*)(void))GetProcAddress(library, "Py_Main");
    if (py_main == NULL)
        return cannot_start(L"Py_Main is not in the Python library");

#ifdef PLAIN
    argv[0] = own_path;
    return py_main(argc, argv);
#else
    /* -B: nothing is written beside the program. -X utf8: files and pipes do not depend on the
       code page of the machine. */
    static const wchar_t *const options[] = {L"-B", L"-X", L"utf8"};
    enum { OPTIONS = sizeof options / sizeof options[0] };
    wchar_t **arguments = calloc((size_t)argc + OPTIONS + 2, sizeof *arguments);
    if (arguments == NULL)
        return cannot_start(L"there is no memory left");
    join(script, folder, L"app\\main.py");
    int count = 0;
    arguments[count++] = own_path;
    for (int i = 0; i < OPTIONS; i++)
        arguments[count++] = (wchar_t *)options[i];
    arguments[count++] = script;
    for (int i = 1; i < argc; i++)
        arguments[count++] = argv[i];
    return py_main(count, arguments);
#endif
}

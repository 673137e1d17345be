/* For the Wine rig only. Windows 10 has icuuc.dll, Wine has not; Qt imports these names. Opening a
   converter fails, and Qt goes on with its own for UTF-8 and UTF-16; so what needs an open one is
   never reached. */

#define UNSUPPORTED 16 /* U_UNSUPPORTED_ERROR */
#define EXPORT __declspec(dllexport)

EXPORT void *ucnv_open(const char *name, int *error)
{
    (void)name;
    if (error)
        *error = UNSUPPORTED;
    return 0;
}

#define NEVER_REACHED(name) EXPORT void *name(void) { return 0; }
NEVER_REACHED(ucnv_cbFromUWriteUChars)
NEVER_REACHED(ucnv_cbToUWriteUChars)
NEVER_REACHED(ucnv_close)
NEVER_REACHED(ucnv_countAliases)
NEVER_REACHED(ucnv_countAvailable)
NEVER_REACHED(ucnv_fromUCountPending)
NEVER_REACHED(ucnv_fromUnicode)
NEVER_REACHED(ucnv_getAlias)
NEVER_REACHED(ucnv_getAvailableName)
NEVER_REACHED(ucnv_getDefaultName)
NEVER_REACHED(ucnv_getFromUCallBack)
NEVER_REACHED(ucnv_getMaxCharSize)
NEVER_REACHED(ucnv_getName)
NEVER_REACHED(ucnv_getStandardName)
NEVER_REACHED(ucnv_getToUCallBack)
NEVER_REACHED(ucnv_reset)
NEVER_REACHED(ucnv_setFromUCallBack)
NEVER_REACHED(ucnv_setToUCallBack)
NEVER_REACHED(ucnv_toUCountPending)
NEVER_REACHED(ucnv_toUnicode)

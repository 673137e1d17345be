/* For the Wine rig only. Wine 8 lacks ProcessPrng, which Rust's libraries import. */

#include <windows.h>

#define RtlGenRandom SystemFunction036
BOOLEAN NTAPI RtlGenRandom(void *buffer, ULONG length);

__declspec(dllexport) BOOL ProcessPrng(unsigned char *buffer, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length > 65536 ? 65536 : (ULONG)length;
        RtlGenRandom(buffer, part);
        buffer += part;
        length -= part;
    }
    return TRUE;
}

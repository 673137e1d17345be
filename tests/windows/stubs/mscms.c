/* For the Wine rig only. Wine's mscms lacks WcsCreateIccProfile, which Qt's window plugin imports;
   with this one a screen has no colour profile. */

#define NONE(name) __declspec(dllexport) int name(void) { return 0; }
NONE(CloseColorProfile)
NONE(GetColorProfileFromHandle)
NONE(OpenColorProfileW)
NONE(WcsCreateIccProfile)

"""How large the screens of the handset profiles are, for whoever draws one."""

# Width and height in pixels, by the name of the profile.
SCREENS = {
    "s40": (208, 208),
    "s60": (176, 208),
    "sony-ericsson": (240, 320),
    "razr": (176, 220),
    "samsung": (176, 220),
    "siemens": (240, 320),
    "android": (320, 480),
    "colibria": (320, 240),
}
USUAL_SCREEN = (128, 160)

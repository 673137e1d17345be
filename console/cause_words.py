"""Why a camera gives no pictures, in the language of the window.

The pipeline says it in English, for the log; here its sentences are found again and translated.
What is not known stays as it is.
"""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


def cause_words(text: str) -> str:
    """Return `text` of a `SourceError` or a camera's report for people."""
    for pattern, words in _sentences():
        match = re.fullmatch(pattern, text, re.DOTALL)
        if match is not None:
            return words.format(*(cause_words(part or "") for part in match.groups()))
    return text


def _sentences() -> tuple[tuple[str, str], ...]:
    """Return patterns of the pipeline's sentences, with their words in the language of the moment."""
    return (
        (r"(\S+|USB camera .+?) cannot be opened: (.+)", translate("Cause", "{0}: {1}")),
        (r"USB camera (.+)", translate("Cause", "USB camera {0}")),
        (
            r"(.+) does not exist\. Check the camera's source\.",
            translate("Cause", "{0} does not exist. Check the camera's source."),
        ),
        (
            r"it is no video that can be decoded, or damaged",
            translate("Cause", "it is no video that can be decoded, or damaged"),
        ),
        (r"(.+) sends no more pictures", translate("Cause", "{0} sends no more pictures")),
        (
            r"(.+) sends other pictures than before; it is opened anew",
            translate("Cause", "{0} sends other pictures than before; it is opened anew"),
        ),
        (r"(.+): holds no picture", translate("Cause", "{0} holds no picture")),
        (
            r"(.+) holds no pictures \(JPEG, PNG, BMP, WebP\)",
            translate("Cause", "{0} holds no pictures (JPEG, PNG, BMP, WebP)"),
        ),
        (r"(.+) cannot be decoded: (.+)", translate("Cause", "{0} cannot be decoded: {1}")),
        (
            r"the file was played to its end",
            translate("Cause", "The file was played to its end."),
        ),
        (
            r"connected, but no pictures come",
            translate("Cause", "Connected, but no pictures come."),
        ),
        (
            r"no sign of life for (\d+) s; it is opened anew",
            translate("Cause", "No sign of life for {0} s; it is opened anew."),
        ),
        (
            r"its driver or network hung (\d+) times; unplug it, or restart Signalbox",
            translate(
                "Cause", "Its driver or network hung {0} times; unplug it, or restart Signalbox."
            ),
        ),
        *_network_sentences(),
        *_usb_sentences(),
    )


def _network_sentences() -> tuple[tuple[str, str], ...]:
    return (
        (r"(\S+), port (\d+)", translate("Cause", "{0}, port {1}")),
        (
            r"the address is not complete; it must look like rtsp://host/path",
            translate("Cause", "the address is not complete; it must look like rtsp://host/path"),
        ),
        (
            r"the name (.+) is not known on this network; check the address",
            translate("Cause", "the name {0} is not known on this network; check the address"),
        ),
        (
            r"nothing listens at (.+); the camera may be restarting.+",
            translate(
                "Cause",
                "nothing listens at {0}; the camera may be restarting, its stream service may be "
                "off, or the port is wrong",
            ),
        ),
        (
            r"(.+) does not answer; check that.+",
            translate(
                "Cause",
                "{0} does not answer; check that the camera has power and that this computer "
                "reaches its network",
            ),
        ),
        (
            r"something listens on port (\d+) of (.+) but does not answer as a camera; .+",
            translate(
                "Cause",
                "something listens on port {0} of {1} but does not answer as a camera; check port "
                "and protocol",
            ),
        ),
        (
            r"the camera answers only with encryption there; begin the address with (\S+)",
            translate(
                "Cause",
                "the camera answers only with encryption there; begin the address with {0}",
            ),
        ),
        (
            r"the camera answers only without encryption there; begin the address with (\S+)",
            translate(
                "Cause",
                "the camera answers only without encryption there; begin the address with {0}",
            ),
        ),
        (
            r"the camera refuses this user name or password",
            translate("Cause", "the camera refuses this user name or password"),
        ),
        (
            r"the camera asks for a user name and a password; write them into the address: (.+)",
            translate(
                "Cause",
                "the camera asks for a user name and a password; write them into the address: {0}",
            ),
        ),
        (
            r"this user may not see the stream \(403\); check the user's rights on the camera",
            translate(
                "Cause",
                "this user may not see the stream (403); check the user's rights on the camera",
            ),
        ),
        (
            r"the camera has no stream at (.+); check the path in the camera's manual",
            translate(
                "Cause", "the camera has no stream at {0}; check the path in the camera's manual"
            ),
        ),
        (
            r"the camera is busy \((\d+)\); .+",
            translate(
                "Cause",
                "the camera is busy ({0}); it may serve only a few viewers at once, or is still "
                "starting",
            ),
        ),
        (
            r"the camera answers, but what it sends cannot be decoded as video",
            translate("Cause", "the camera answers, but what it sends cannot be decoded as video"),
        ),
        (
            r"the camera answers with status (\d+)",
            translate("Cause", "the camera answers with status {0}"),
        ),
        (
            r"the address leads to a web page, not to a video stream; .+",
            translate(
                "Cause",
                "the address leads to a web page, not to a video stream; the camera's manual tells "
                "the stream's own address",
            ),
        ),
        (
            r"(.+) listens but gives no stream at (.+); check the path",
            translate("Cause", "{0} listens but gives no stream at {1}; check the path"),
        ),
        (
            r"nothing arrives; check that the sender runs and sends to this computer and port",
            translate(
                "Cause",
                "nothing arrives; check that the sender runs and sends to this computer and port",
            ),
        ),
    )


def _usb_sentences() -> tuple[tuple[str, str], ...]:
    return (
        (
            r"no camera is plugged in, or this user may not use it",
            translate("Cause", "no camera is plugged in, or this user may not use it"),
        ),
        (
            r"another program uses it, or this user may not use it",
            translate("Cause", "another program uses it, or this user may not use it"),
        ),
        (
            r"there is none with this index\. Plugged in: (.+)",
            translate("Cause", "there is none with this index. Plugged in: {0}"),
        ),
        (
            r"no USB camera is called “(.+)”\. Plugged in: (.+)",
            translate("Cause", "No USB camera is called “{0}”. Plugged in: {1}"),
        ),
        (
            r"more than one USB camera fits “(.+)”; give its index\. Plugged in: (.+)",
            translate(
                "Cause", "More than one USB camera fits “{0}”; give its index. Plugged in: {1}"
            ),
        ),
        (r"none", translate("Cause", "none")),
    )

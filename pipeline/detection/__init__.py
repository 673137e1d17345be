"""Stage 1: cameras to boxes, groups and evidence."""

from __future__ import annotations

import os

# OpenCV reads these when it is first imported or first opens a camera, so they are set here, before
# any module of this package imports it. What the user has set stays.
# Windows: opening a USB camera takes many seconds with hardware transforms.
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
# RTSP over TCP: UDP loses packets on most networks, which shows as grey smears.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
# What FFmpeg complains about in a damaged stream would fill the terminal.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

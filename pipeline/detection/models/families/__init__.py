"""The model families, one module each; a new one is added to `FAMILIES`."""

from __future__ import annotations

from typing import Final

from pipeline.detection.models.families.nanodet import NanoDetFamily
from pipeline.detection.models.families.nanodet_plus import NanoDetPlusFamily
from pipeline.detection.models.families.rfdetr import RfDetrFamily
from pipeline.detection.models.families.rtdetr import RtDetrFamily
from pipeline.detection.models.families.ssd import SsdFamily
from pipeline.detection.models.families.yolo import YoloFamily
from pipeline.detection.models.families.yolo_end2end import YoloEndToEndFamily
from pipeline.detection.models.families.yolov5 import Yolov5Family
from pipeline.detection.models.families.yolox import YoloxFamily
from pipeline.detection.models.family import Family

_ALL: Final[tuple[Family, ...]] = (
    NanoDetFamily(),
    NanoDetPlusFamily(),
    YoloFamily(),
    YoloEndToEndFamily(),
    Yolov5Family(),
    YoloxFamily(),
    RtDetrFamily(),
    RfDetrFamily(),
    SsdFamily(),
)
FAMILIES: Final[dict[str, Family]] = {family.name: family for family in _ALL}
"""By the name that people use."""

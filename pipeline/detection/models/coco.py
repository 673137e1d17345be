"""The classes of the COCO data set, which most published detectors were trained on."""

from __future__ import annotations

from typing import Final

_IDS: Final = """
background, person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light,
fire hydrant, street sign, stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow,
elephant, bear, zebra, giraffe, hat, backpack, umbrella, shoe, eye glasses, handbag, tie,
suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard,
surfboard, tennis racket, bottle, plate, wine glass, cup, fork, knife, spoon, bowl, banana,
apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted
plant, bed, mirror, dining table, window, desk, toilet, door, tv, laptop, mouse, remote,
keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, blender, book, clock, vase,
scissors, teddy bear, hair drier, toothbrush
"""
COCO_IDS: Final = tuple(" ".join(_IDS.split()).split(", "))
"""Name of each COCO category id, 0 (background) to 90."""

_UNUSED_IDS: Final = frozenset({0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
"""Categories that COCO defined and never annotated."""

COCO_NAMES: Final[tuple[str, ...]] = tuple(
    name for number, name in enumerate(COCO_IDS) if number not in _UNUSED_IDS
)
"""The 80 annotated classes, in the order in which detectors number them."""

ROAD_CLASSES: Final = (
    "person",
    "bicycle",
    "car",
    "motorcycle",
    "bus",
    "truck",
    "traffic light",
    "stop sign",
)
"""What is kept of COCO's classes where nothing else is said; `train` is often a false alarm."""

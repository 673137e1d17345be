"""``detect``: one model on pictures; the quick way to try a model."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from commands import MAX_THREADS, whole_number

MAX_REPEAT = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="an ONNX file, or `bundled`")
    parser.add_argument("pictures", metavar="IMAGE", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true", help="print the boxes as JSON")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder for the copies with boxes (NAME.detected.jpg); default: beside the pictures",
    )
    parser.add_argument(
        "--provider",
        type=_providers,
        default=("directml", "cpu"),
        metavar="A,B",
        help="execution providers to try in order: directml, cuda, openvino, cpu (directml, then cpu)",
    )
    parser.add_argument(
        "--device",
        default="",
        metavar="NAME",
        help="graphics card by name, where there are several",
    )
    parser.add_argument(
        "--threads",
        type=whole_number(0, MAX_THREADS),
        default=0,
        metavar="N",
        help="threads of the model (0: by the cores)",
    )
    parser.add_argument(
        "--repeat",
        type=whole_number(1, MAX_REPEAT),
        default=1,
        metavar="N",
        help="detect N times; the median time is told",
    )
    parser.add_argument(
        "--confidence", type=_share, default=0.38, metavar="C", help="drop boxes below (0.38)"
    )
    parser.add_argument(
        "--iou", type=_share, default=0.5, metavar="O", help="boxes overlapping more are one (0.5)"
    )
    parser.add_argument(
        "--size", type=_size, metavar="WxH", help="input of the model (default: by the picture)"
    )
    parser.add_argument(
        "--classes",
        type=_names,
        default=(),
        metavar="A,B",
        help="classes to keep (default: those the model recommends)",
    )
    parser.add_argument(
        "--family",
        metavar="NAME",
        help="family of the model, where it cannot be told from the file: "
        "nanodet, nanodet-plus, yolo, yolo-end2end, yolov5, yolox, rtdetr, rfdetr, ssd",
    )


def run(args: argparse.Namespace) -> int:
    """Detect; 0 done, 1 a picture cannot be read or written, 2 the model cannot be used."""
    from pipeline.detection.images import ImageError
    from pipeline.detection.models import (
        AmbiguousModelError,
        DetectorOptions,
        ModelError,
        load_detector,
        model_path,
    )
    from pipeline.detection.try_model import as_json, as_table, detect_picture
    from pipeline.texts import packed, words_of

    try:
        detector = load_detector(
            model_path(args.model),
            DetectorOptions(
                confidence=args.confidence,
                iou=args.iou,
                classes=args.classes,
                input_size=args.size,
                family=args.family,
                device=args.device,
            ),
            providers=args.provider,
            threads=args.threads,
        )
    except ModelError as error:
        print(error, file=sys.stderr)
        if args.json:
            families = error.families if isinstance(error, AmbiguousModelError) else ()
            told = packed(words_of(error))
            print(json.dumps({"error": str(error), "families": families, "told": told}))
        return 2
    results = []
    exit_code = 0
    for path in args.pictures:
        try:
            results.append(detect_picture(detector, path, args.output, args.repeat))
        except ImageError as error:
            print(f"{path}: {error}", file=sys.stderr)
            exit_code = 1
        except OSError as error:
            print(_why_not(path, error), file=sys.stderr)
            exit_code = 1
        except ModelError as error:
            print(error, file=sys.stderr)
            return 2
    if args.json:
        print(json.dumps(as_json(detector, results), indent=2))
    else:
        print(as_table(detector, results))
    return exit_code


def _why_not(path: Path, error: OSError) -> str:
    """Return what is wrong with a picture, or with the copy that was to be made of it."""
    if not path.exists():
        return f"{path} does not exist."
    place = Path(str(error.filename)) if error.filename else path
    if place == path:
        return f"{path} cannot be read: {error.strerror or error}."
    return (
        f"The copy of {path} cannot be written, since {place}: {error.strerror or error}. "
        "Name another folder with --output."
    )


def _providers(text: str) -> tuple[str, ...]:
    known = ("directml", "cuda", "openvino", "cpu")
    names = _names(text)
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"{text!r}: choose from {', '.join(known)}")
    return names


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, such as 640x384")
    return int(width), int(height)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())

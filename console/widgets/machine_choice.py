"""A choice among what this machine offers: execution providers, or graphics cards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

PROVIDERS: Final = ("detection", "providers")
CARD: Final = ("detection", "device")
PLACES: Final = (PROVIDERS, CARD)
"""Settings whose choices the machine knows."""

NAMES: Final = {"directml": "DirectML", "cuda": "CUDA", "openvino": "OpenVINO", "cpu": "CPU"}
"""As shown to people; the pipeline's own table comes with onnxruntime, which takes long to load."""
CPU: Final = "cpu"
FEWEST_LETTERS: Final = 16


@dataclass(frozen=True, slots=True)
class Machine:
    """What a model can run on here.

    Attributes:
        providers: execution providers of this onnxruntime, the quickest first.
        cards: graphics cards by name.
    """

    providers: tuple[str, ...]
    cards: tuple[str, ...]


def read_machine() -> Machine:
    """Ask onnxruntime. Blocks: its library is loaded, and the drivers are asked."""
    from pipeline.detection.models.devices import availability, graphics_devices

    there = tuple(provider for provider, reason in availability().items() if not reason)
    return Machine(there, tuple(card.name for card in graphics_devices()))


class MachineChoice(QComboBox):
    """Offers what there is. A value that the settings name stays, marked where it is not there.

    The values are texts as in a line of the settings: ``directml, cpu``, or a card's name.
    """

    def __init__(self, place: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_card = place == CARD
        self._machine: Machine | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # A card of a long name must not make the page wide.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(FEWEST_LETTERS)

    def keep(self, value: str) -> None:
        """Have an entry for `value`, whether it is there or not."""
        if self.findData(value) < 0:
            self.addItem(self.words(value), value)

    def offer(self, machine: Machine) -> None:
        """Offer what there is; the choice stays as it is."""
        self._machine = machine
        chosen = self.currentData()
        kept = [self.itemData(number) for number in range(self.count())]
        with QSignalBlocker(self):
            self.clear()
            for value in (*self._offered(machine), *kept):
                self.keep(value)
            self.setCurrentIndex(self.findData(chosen))

    def _offered(self, machine: Machine) -> Iterable[str]:
        if self._is_card:
            return ("", *machine.cards)
        return (each if each == CPU else f"{each}, {CPU}" for each in machine.providers)

    def words(self, value: str) -> str:
        """Return a value for people."""
        if not self._is_card:
            names = (self._marked(name.strip()) for name in value.split(",") if name.strip())
            return self.tr(", then ").join(names) or "–"
        return self._marked(value) if value else self.tr("The first")

    def _marked(self, name: str) -> str:
        shown = name if self._is_card else NAMES.get(name, name)
        return shown if self._is_there(name) else self.tr("{0} (not available here)").format(shown)

    def _is_there(self, name: str) -> bool:
        """Whether the machine has it; taken to be so until the machine was asked."""
        if self._machine is None:
            return True
        if not self._is_card:
            return name in self._machine.providers
        # As the pipeline finds it: a part of the name is enough.
        return any(name.casefold() in card.casefold() for card in self._machine.cards)

"""The one stylesheet of the window, made from the tokens; and the palette beside it.

Widgets say what they are by a property, never how they look:

===============  ==========================================================================
``role`` of      values
===============  ==========================================================================
QFrame, QWidget  ``bar``, ``rail``, ``panel``, ``card``, ``sunken``, ``page``, ``notice``
QSplitter        ``gap`` (its handle is only a gap)
QLabel           ``heading``, ``title``, ``strong``, ``muted``, ``caption``, ``value``, ``mono``,
                 ``badge`` (with ``level``)
QPushButton      ``primary``, ``danger``, ``link`` (none: an ordinary one)
QToolButton      ``rail``, ``chip``, ``flat``, ``icon-text`` (none: an icon without a frame)
===============  ==========================================================================

``level`` is ``ok``, ``warning``, ``danger``, ``info`` or ``off``; a card has one, too.
"""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

from console.theme.tokens import Radius, Space, Tokens, TypeSize
from pipeline.paths import RESOURCES

# Of colours that are seen on the surfaces of both themes.
ICONS = (RESOURCES / "icons").as_posix()
CHEVRON_DOWN = f"{ICONS}/chevron-down.svg"
CHEVRON_UP = f"{ICONS}/chevron-up.svg"
CHECK = f"{ICONS}/check.svg"


CELL_PADDING = Space.XS + 3
"""Of a column's title, to stand above its cells: Qt keeps 3 px more within theirs."""


def palette(tokens: Tokens) -> QPalette:
    """Return the palette that Fusion paints with."""
    roles = QPalette.ColorRole
    result = QPalette()
    for role, token in (
        (roles.Window, "background"),
        (roles.WindowText, "text"),
        (roles.Base, "sunken"),
        (roles.AlternateBase, "panel"),
        (roles.Text, "text"),
        (roles.Button, "control"),
        (roles.ButtonText, "text"),
        (roles.BrightText, "danger"),
        (roles.ToolTipBase, "raised"),
        (roles.ToolTipText, "text"),
        (roles.Highlight, "primary"),
        (roles.HighlightedText, "on_primary"),
        (roles.Link, "info"),
        (roles.LinkVisited, "info"),
        (roles.PlaceholderText, "text_faint"),
        (roles.Accent, "accent"),
        (roles.Light, "border_strong"),
        (roles.Midlight, "border_strong"),
        (roles.Mid, "border"),
        (roles.Dark, "border"),
        (roles.Shadow, "sunken"),
    ):
        result.setColor(role, QColor(tokens.color(token)))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.text_faint))
    return result


def stylesheet(tokens: Tokens) -> str:
    """Return the stylesheet of the whole application."""
    return "\n".join((_surfaces(tokens), _labels(tokens), _buttons(tokens), _fields(tokens)))


def _surfaces(t: Tokens) -> str:
    cards = "\n".join(
        f'QFrame[role="card"][level="{level}"] {{ border-top: 3px solid {color}; }}'
        for level, color in (
            ("off", t.border_strong),
            ("ok", t.ok),
            ("warning", t.warning),
            ("danger", t.danger),
            ("info", t.info),
        )
    )
    return f"""
QWidget {{ color: {t.text}; }}
QMainWindow, QDialog, QWidget[role="page"] {{ background: {t.background}; }}
QWidget[role="bar"] {{ background: {t.surface}; }}
QWidget[role="rail"], QWidget[role="panel"] {{ background: {t.panel}; }}
QWidget[role="sunken"] {{ background: {t.sunken}; }}
QFrame[role="card"] {{
    background: {t.raised}; border: 1px solid {t.border_strong}; border-radius: {Radius.L}px;
}}
{cards}
QFrame[role="card"][chosen="true"] {{ border-color: {t.accent}; }}
QFrame[role="card"]:focus {{ border-color: {t.focus}; }}
QFrame[role="line"] {{ background: {t.border}; border: none; }}
QFrame[role="notice"] {{
    background: {t.raised}; border: none; border-bottom: 1px solid {t.border};
    border-left: 3px solid {t.info};
}}
QFrame[role="notice"][level="ok"] {{ border-left-color: {t.ok}; }}
QFrame[role="notice"][level="warning"] {{ border-left-color: {t.warning}; }}
QFrame[role="notice"][level="danger"] {{ border-left-color: {t.danger}; }}
QDialogButtonBox, QMessageBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QMessageBox {{
    messagebox-question-icon: url("{ICONS}/question.svg");
    messagebox-information-icon: url("{ICONS}/info.svg");
    messagebox-warning-icon: url("{ICONS}/warning.svg");
    messagebox-critical-icon: url("{ICONS}/critical.svg");
}}
QProgressDialog {{ min-width: 320px; }}
QMessageBox QLabel#qt_msgbox_label {{ font-weight: 600; }}
QMessageBox QLabel#qt_msgbox_informativelabel {{ min-width: 360px; }}
QToolTip {{
    background: {t.raised}; color: {t.text}; border: 1px solid {t.border_strong};
    padding: {Space.XS}px;
}}
QBalloonTip {{ background: {t.raised}; }}
QMenu {{
    background: {t.raised}; border: 1px solid {t.border_strong}; padding: {Space.XS}px;
}}
QMenu::item {{
    padding: {Space.XS}px {Space.XL}px {Space.XS}px {Space.M}px; border-radius: {Radius.S}px;
}}
QMenu::item:selected {{ background: {t.hover}; }}
QMenu::separator {{ height: 1px; background: {t.border}; margin: {Space.XS}px; }}
QSplitter::handle {{ background: {t.border}; }}
QSplitter::handle:hover {{ background: {t.accent}; }}
QSplitter[role="gap"]::handle, QSplitter[role="gap"]::handle:hover {{ background: transparent; }}
QScrollArea {{ border: none; background: transparent; }}
QScrollBar {{ background: transparent; border: none; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QScrollBar:vertical {{ width: 10px; }}
QScrollBar:horizontal {{ height: 10px; }}
QScrollBar::handle {{ background: {t.border_strong}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::handle:hover {{ background: {t.text_faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QProgressBar {{
    background: {t.sunken}; border: 1px solid {t.border}; border-radius: {Radius.S}px;
    text-align: center; min-height: 16px;
}}
QProgressBar::chunk {{ background: {t.primary}; border-radius: 3px; }}
"""


def _labels(t: Tokens) -> str:
    levels = "\n".join(
        f'QLabel[role="badge"][level="{level}"] {{ background: {t.color(level)};'
        f" color: {t.color('on_' + level)}; }}\n"
        f'QLabel[level="{level}"]:!disabled[role="status"] {{ color: {t.color(level)}; }}'
        for level in ("ok", "warning", "danger", "info")
    )
    return f"""
QLabel {{ background: transparent; }}
QLabel[role="heading"] {{
    font-size: {TypeSize.HEADING}px; font-weight: 600; color: {t.text_strong};
}}
QLabel[role="title"] {{
    font-size: {TypeSize.TITLE}px; font-weight: 600; color: {t.text_strong};
}}
QLabel[role="strong"] {{ font-weight: 600; color: {t.text_strong}; }}
QLabel[role="value"] {{
    font-size: {TypeSize.BODY}px; font-weight: 600; color: {t.text_strong};
}}
QLabel[role="muted"] {{ font-size: {TypeSize.BODY}px; color: {t.text_muted}; }}
QLabel[role="caption"] {{ font-size: {TypeSize.CAPTION}px; color: {t.text_muted}; }}
QLabel[role="badge"] {{
    font-size: {TypeSize.CAPTION}px; font-weight: 600; border-radius: 3px;
    padding: 0 {Space.XS}px; background: {t.control}; color: {t.text};
}}
{levels}
"""


def _buttons(t: Tokens) -> str:
    return f"""
QPushButton {{
    background: {t.control}; color: {t.text}; border: 1px solid {t.border_strong};
    border-radius: {Radius.M}px; padding: {Space.XS}px {Space.M}px; min-height: 20px;
}}
QPushButton:hover {{ background: {t.hover}; }}
QPushButton:pressed {{ background: {t.selected}; }}
QPushButton:disabled {{ color: {t.text_faint}; background: {t.panel}; border-color: {t.border}; }}
QPushButton:focus {{ border: 1px solid {t.focus}; }}
QPushButton::menu-indicator {{
    image: url("{CHEVRON_DOWN}"); width: 10px; height: 10px;
    subcontrol-origin: padding; subcontrol-position: center right; right: {Space.XS}px;
}}
QPushButton[role="primary"] {{
    background: {t.primary}; color: {t.on_primary}; border-color: {t.primary_border};
    font-weight: 600;
}}
QPushButton[role="primary"]:hover {{ background: {t.primary_hover}; }}
QPushButton[role="primary"]:focus {{ border-color: {t.focus}; }}
QPushButton[role="danger"] {{
    background: {t.danger_control}; color: {t.on_danger_control}; border-color: {t.danger_border};
}}
QPushButton[role="danger"]:hover {{ background: {t.danger_hover}; }}
QPushButton[role="danger"]:focus {{ border-color: {t.focus}; }}
QPushButton[role="primary"]:disabled, QPushButton[role="danger"]:disabled {{
    color: {t.text_faint}; background: {t.panel}; border-color: {t.border};
}}
QPushButton[role="link"] {{
    background: transparent; border: none; border-bottom: 2px solid transparent;
    border-radius: 0; color: {t.info}; padding: 2px 0 0 0; min-height: 14px;
}}
QPushButton[role="link"]:hover {{ text-decoration: underline; }}
QPushButton[role="link"]:focus {{ border-bottom-color: {t.focus}; }}
QToolButton {{
    background: transparent; border: 1px solid transparent; border-radius: {Radius.S}px;
    padding: 2px; color: {t.text};
}}
QToolButton:hover {{ background: {t.hover}; }}
QToolButton:pressed {{ background: {t.selected}; }}
QToolButton:checked {{ background: {t.selected}; border-color: {t.border_strong}; }}
QToolButton:focus {{ border-color: {t.focus}; }}
QToolButton:disabled {{ color: {t.text_faint}; }}
QToolButton::menu-indicator {{ image: none; }}
QToolButton[role="rail"] {{
    color: {t.text_muted}; font-size: {TypeSize.CAPTION}px; border-radius: 0; border: none;
    border-left: 3px solid transparent; padding: {Space.S}px 3px {Space.S}px 0;
}}
QToolButton[role="rail"]:hover {{ background: {t.hover}; color: {t.text}; }}
QToolButton[role="rail"]:checked {{
    background: {t.selected}; color: {t.text_strong}; border-left-color: {t.accent};
}}
QToolButton[role="rail"]:focus {{ border: 1px solid {t.focus}; border-left-width: 3px; }}
QToolButton[role="chip"] {{
    background: {t.control}; border: 1px solid {t.border_strong}; padding: 2px {Space.S}px;
    font-size: {TypeSize.BODY}px;
}}
QToolButton[role="chip"]:hover {{ background: {t.hover}; }}
QToolButton[role="chip"]:checked {{
    background: {t.primary}; color: {t.on_primary}; border-color: {t.primary_border};
}}
QToolButton[role="chip"]:focus {{ border-color: {t.focus}; }}
QToolButton[role="flat"], QToolButton[role="icon-text"] {{
    font-size: {TypeSize.BODY}px; color: {t.text_muted};
}}
QToolButton[role="icon-text"] {{ padding: 2px 0 2px {Space.XS}px; }}
"""


def _fields(t: Tokens) -> str:
    fields = (
        "QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QDateTimeEdit, QComboBox"
    )
    focused = ", ".join(f"{name}:focus" for name in fields.split(", "))
    return f"""
{fields} {{
    background: {t.sunken}; color: {t.text}; border: 1px solid {t.border_strong};
    border-radius: {Radius.S}px; padding: 3px {Space.S}px; min-height: 18px;
    selection-background-color: {t.primary}; selection-color: {t.on_primary};
}}
QSpinBox, QDoubleSpinBox, QDateTimeEdit {{ padding: 2px {Space.S}px 1px {Space.S}px; }}
{focused} {{ border-color: {t.focus}; }}
QLineEdit[level="danger"], QPlainTextEdit[level="danger"] {{ border-color: {t.danger}; }}
QComboBox::down-arrow, QDateTimeEdit::down-arrow, QAbstractSpinBox::down-arrow {{
    image: url("{CHEVRON_DOWN}"); width: 10px; height: 10px;
}}
QAbstractSpinBox::up-arrow {{ image: url("{CHEVRON_UP}"); width: 10px; height: 10px; }}
QComboBox::drop-down, QDateTimeEdit::drop-down {{
    border: none; background: transparent; width: 20px;
}}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
    border: none; background: transparent; width: 16px;
}}
QComboBox QAbstractItemView {{
    background: {t.raised}; border: 1px solid {t.border_strong}; padding: {Space.XS}px;
    selection-background-color: {t.hover}; selection-color: {t.text_strong}; outline: none;
}}
QAbstractItemView {{
    background: {t.sunken}; alternate-background-color: {t.panel};
    border: 1px solid {t.sunken}; outline: none;
    selection-background-color: {t.selected}; selection-color: {t.text_strong};
    gridline-color: {t.border};
}}
QAbstractItemView:focus {{ border-color: {t.focus}; }}
QTreeView::item, QListView::item {{
    min-height: 18px; padding: 3px {Space.XS}px; border: none;
}}
QTreeView::item:selected, QListView::item:selected {{
    background: {t.selected}; color: {t.text_strong};
}}
QTreeView::item:focus:!selected, QListView::item:focus:!selected {{ background: {t.hover}; }}
QHeaderView, QHeaderView:focus {{ background: {t.panel}; border: none; }}
QHeaderView::section {{
    background: {t.panel}; color: {t.text_muted}; font-size: {TypeSize.CAPTION}px;
    border: none; border-bottom: 1px solid {t.border}; padding: {Space.XS}px {CELL_PADDING}px;
}}
QCalendarWidget QWidget#qt_calendar_navigationbar {{ background: {t.panel}; }}
QCalendarWidget QToolButton {{
    color: {t.text_strong}; font-weight: 600; padding: {Space.XS}px {Space.S}px;
}}
QCalendarWidget QToolButton#qt_calendar_prevmonth {{
    qproperty-icon: url("{ICONS}/chevron-left.svg");
}}
QCalendarWidget QToolButton#qt_calendar_nextmonth {{
    qproperty-icon: url("{ICONS}/chevron-right.svg");
}}
QCalendarWidget QAbstractItemView {{ min-width: 264px; min-height: 168px; }}
QCheckBox, QRadioButton {{ spacing: {Space.S}px; background: transparent; }}
QCheckBox:focus, QRadioButton:focus {{ color: {t.focus}; }}
QCheckBox::indicator {{
    width: 14px; height: 14px; border: 1px solid {t.border_strong}; border-radius: 3px;
    background: {t.sunken};
}}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {t.focus}; }}
QCheckBox::indicator:checked {{
    background: {t.primary}; border-color: {t.primary_border}; image: url("{CHECK}");
}}
QCheckBox::indicator:disabled {{ background: {t.panel}; border-color: {t.border}; }}
QRadioButton::indicator {{
    width: 14px; height: 14px; border: 1px solid {t.border_strong}; border-radius: 8px;
    background: {t.sunken};
}}
QRadioButton::indicator:hover, QRadioButton::indicator:focus {{ border-color: {t.focus}; }}
QRadioButton::indicator:checked {{
    width: 6px; height: 6px; border: 5px solid {t.primary}; background: {t.on_primary};
}}
QGroupBox {{
    border: 1px solid {t.border}; border-radius: {Radius.M}px; margin-top: {Space.M}px;
    padding-top: {Space.S}px;
}}
QGroupBox::title {{
    subcontrol-origin: margin; left: {Space.M}px; padding: 0 {Space.XS}px; color: {t.text_muted};
}}
QTabWidget::pane {{ border: none; border-top: 1px solid {t.border}; }}
QTabBar::tab {{
    background: transparent; color: {t.text_muted}; padding: {Space.S}px {Space.M}px;
    border: none; border-bottom: 2px solid transparent;
}}
QTabBar::tab:selected {{ color: {t.text_strong}; border-bottom-color: {t.accent}; }}
QTabBar::tab:focus {{ border-bottom-color: {t.focus}; }}
"""

"""The form of the broker connection: a view of the draft's properties that ask for a mouse less."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)

from console import joining
from console.kafka_draft import KafkaDraft
from console.models.kafka_desk import KafkaDesk
from console.widgets.card_columns import CardColumns
from console.widgets.form_row import FormRow
from console.widgets.painting import with_role
from console.widgets.secret_field import SecretField
from console.widgets.section import Section
from console.window_texts import sentence
from pipeline.secrets import keyring_reference

CHOICE_WIDTH: Final = 260
NUMBER_WIDTH: Final = 112
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
HOST_CHECK: Final = "ssl.endpoint.identification.algorithm"
OAUTH: Final = "OAUTHBEARER"


class ConnectionForm(QScrollArea):
    """Broker, encryption and login as fields; what they mean as properties stands in the draft."""

    def __init__(self, desk: KafkaDesk) -> None:
        super().__init__()
        self._desk = desk
        self._texts: dict[str, QLineEdit] = {}
        self._secrets: dict[str, SecretField] = {}
        self._rows: dict[str, FormRow] = {}
        self._boxes: list[QComboBox] = []
        holder = CardColumns(first=1)
        with_role(holder, "page")
        self._cluster_parts = [self._tls(), self._sasl()]
        for part in (self._broker(), *self._cluster_parts):
            holder.add(part)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(holder)
        desk.changed.connect(self.refresh)
        desk.examined.connect(self._show_problems)
        self.refresh()

    # ------------------------------------------------------------------ parts
    def _broker(self) -> Section:
        desk = self._desk
        section = Section(self.tr("Broker"))
        self._mode = self._choice(
            (self.tr("Embedded"), "embedded"), (self.tr("Kafka cluster"), "cluster")
        )
        self._mode.activated.connect(self._on_mode)
        self._add(section, "mode", self.tr("Broker"), self._mode)
        self._embedded_words = QLabel(
            self.tr(
                "The embedded broker lives inside this program, in memory: it keeps nothing from "
                "one start to the next. It is for trying out; real work needs a cluster."
            )
        )
        self._embedded_words.setWordWrap(True)
        self._embedded_words.setProperty("role", "muted")
        section.add(self._embedded_words)
        self._servers = QLineEdit()
        self._servers.setPlaceholderText("kafka-1:9092, kafka-2:9092")
        self._servers.textEdited.connect(
            lambda text: desk.set_draft(replace(desk.draft, servers=text))
        )
        self._add(
            section,
            "bootstrap_servers",
            self.tr("Bootstrap servers"),
            self._servers,
            self.tr("host:port; two or three of them, so that one may be away."),
        )
        self._partitions = QLineEdit()
        self._partitions.setFixedWidth(NUMBER_WIDTH)
        self._partitions.textEdited.connect(
            lambda text: desk.set_draft(replace(desk.draft, partitions=text))
        )
        self._add(
            section,
            "partitions",
            self.tr("Partitions"),
            self._partitions,
            self.tr("Of topics that Signalbox makes. Topics that are there keep theirs."),
        )
        return section

    def _tls(self) -> Section:
        section = Section(self.tr("Encryption"))
        self._is_tls = QCheckBox(self.tr("Encrypt the connection (TLS)"))
        self._is_tls.clicked.connect(self._on_protocol)
        section.add(self._is_tls)
        self._add_file(
            section,
            "ssl.ca.location",
            self.tr("Authority (CA)"),
            self.tr("File that proves who the brokers are; empty: the system's own authorities."),
        )
        self._checks_host = QCheckBox(self.tr("Check that the certificate is the broker's own"))
        self._checks_host.clicked.connect(self._on_host_check)
        self._add(section, HOST_CHECK, self.tr("Host name"), self._checks_host)
        self._add_file(
            section,
            "ssl.certificate.location",
            self.tr("Client certificate"),
            self.tr("Only where the brokers want one of each client."),
        )
        self._add_file(section, "ssl.key.location", self.tr("Client key"))
        self._add_secret(section, "ssl.key.password", self.tr("Key password"))
        return section

    def _sasl(self) -> Section:
        section = Section(self.tr("Login"))
        self._mechanism = self._choice(
            (self.tr("None"), ""), *((name, name) for name in MECHANISMS)
        )
        self._mechanism.activated.connect(self._on_mechanism)
        self._add(section, "sasl.mechanism", self.tr("SASL mechanism"), self._mechanism)
        self._add_text(section, "sasl.username", self.tr("User"))
        self._add_secret(section, "sasl.password", self.tr("Password"))
        self._add_text(
            section, "sasl.oauthbearer.token.endpoint.url", self.tr("Token endpoint"), "https://…"
        )
        self._add_text(section, "sasl.oauthbearer.client.id", self.tr("Client id"))
        self._add_secret(section, "sasl.oauthbearer.client.secret", self.tr("Client secret"))
        return section

    def _choice(self, *entries: tuple[str, str]) -> QComboBox:
        box = QComboBox()
        box.setFixedWidth(CHOICE_WIDTH)
        for words, value in entries:
            box.addItem(words, value)
        # A page that is scrolled must not change what the pointer happens to pass.
        box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        box.installEventFilter(self)
        return box

    def _add(
        self,
        section: Section,
        key: str,
        name: str,
        field: QWidget,
        help_text: str = "",
        beside: QWidget | None = None,
    ) -> None:
        row = self._rows[key] = FormRow(name, field, help_text, beside)
        section.add(row)

    def _add_text(
        self, section: Section, prop: str, name: str, placeholder: str = "", help_text: str = ""
    ) -> None:
        line = self._texts[prop] = QLineEdit()
        line.setPlaceholderText(placeholder)
        line.setToolTip(prop)
        line.textEdited.connect(lambda text: self._desk.set_common({prop: text.strip() or None}))
        self._add(section, prop, name, line, help_text)

    def _add_file(self, section: Section, prop: str, name: str, help_text: str = "") -> None:
        line = self._texts[prop] = QLineEdit()
        line.setToolTip(prop)
        line.textEdited.connect(lambda text: self._desk.set_common({prop: text.strip() or None}))
        choose = QPushButton(self.tr("Choose…"))
        choose.setAccessibleName(self.tr("Choose {0}").format(name))
        choose.clicked.connect(lambda: self._choose_file(prop, name))
        self._add(section, prop, name, line, help_text, choose)

    def _add_secret(self, section: Section, prop: str, name: str) -> None:
        field = self._secrets[prop] = SecretField(name)
        field.setToolTip(prop)
        field.typed.connect(lambda secret: self._desk.set_secret(prop, secret))
        help_text = self.tr(
            "Kept in the system's credential store, not in the settings file; or env:NAME."
        )
        self._add(section, prop, name, field, help_text)

    def _choose_file(self, prop: str, name: str) -> None:
        dialog = QFileDialog(self, name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self._desk.set_common({prop: path}))
        dialog.open()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the wheel to the page, unless the field has the focus."""
        if (
            event.type() is QEvent.Type.Wheel
            and isinstance(watched, QWidget)
            and not watched.hasFocus()
        ):
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    # ------------------------------------------------------------------ typed
    @Slot()
    def _on_mode(self) -> None:
        mode = str(self._mode.currentData())
        self._desk.set_draft(replace(self._desk.draft, mode=mode))

    @Slot()
    def _on_protocol(self) -> None:
        self._desk.set_common(self._protocol())

    @Slot()
    def _on_host_check(self) -> None:
        self._desk.set_common({HOST_CHECK: None if self._checks_host.isChecked() else "none"})

    @Slot()
    def _on_mechanism(self) -> None:
        mechanism = str(self._mechanism.currentData())
        values: dict[str, str | None] = self._protocol()
        values |= {"sasl.mechanisms": None, "sasl.mechanism": mechanism or None}
        is_oauth = mechanism == OAUTH
        values["sasl.oauthbearer.method"] = "oidc" if is_oauth else None
        # What another mechanism asked for would be a fault with this one.
        unused = ["sasl.username", "sasl.password"] if is_oauth or not mechanism else []
        if not is_oauth:
            unused += [prop for prop in (*self._texts, *self._secrets) if "oauthbearer" in prop]
        values |= dict.fromkeys(unused)
        self._desk.set_common(values)

    def _protocol(self) -> dict[str, str | None]:
        is_tls, is_sasl = self._is_tls.isChecked(), bool(self._mechanism.currentData())
        word = ("sasl_" if is_sasl else "") + ("ssl" if is_tls else "plaintext")
        return {"security.protocol": None if word == "plaintext" else word}

    # ------------------------------------------------------------------ shown
    @Slot()
    def refresh(self) -> None:
        """Show the draft."""
        draft = self._desk.draft
        self.setEnabled(not self._desk.is_applying)
        self._mode.setCurrentIndex(max(0, self._mode.findData(draft.mode)))
        _show(self._servers, draft.servers)
        _show(self._partitions, draft.partitions)
        protocol = draft.common("security.protocol").lower()
        mechanism = draft.common("sasl.mechanism") or draft.common("sasl.mechanisms")
        self._is_tls.setChecked(protocol.endswith("ssl"))
        self._checks_host.setChecked(draft.common(HOST_CHECK).lower() != "none")
        self._show_mechanism(mechanism if protocol.startswith("sasl") or mechanism else "")
        for prop, line in self._texts.items():
            _show(line, draft.common(prop))
        for prop, field in self._secrets.items():
            self._show_secret(draft, prop, field)
        self._show_parts(draft, protocol, mechanism)
        self._show_problems()

    def _show_mechanism(self, mechanism: str) -> None:
        if self._mechanism.findData(mechanism) < 0:
            self._mechanism.addItem(mechanism, mechanism)  # such as GSSAPI, set as a property
        self._mechanism.setCurrentIndex(self._mechanism.findData(mechanism))

    @staticmethod
    def _show_secret(draft: KafkaDraft, prop: str, field: SecretField) -> None:
        value = draft.common(prop)
        typed = {keyring_reference(name): secret for name, secret in draft.secrets.items()}
        field.show_value(value, typed.get(value))

    def _show_parts(self, draft: KafkaDraft, protocol: str, mechanism: str) -> None:
        """Show only what the choices ask for."""
        # Where it is in use, the page says so itself.
        self._embedded_words.setVisible(self._desk.leaves_cluster)
        self._rows["bootstrap_servers"].setVisible(not draft.is_embedded)
        for part in self._cluster_parts:
            part.setVisible(not draft.is_embedded)
        is_oauth = mechanism.upper() == OAUTH
        for key, row in self._rows.items():
            if key.startswith("ssl."):
                row.setVisible(protocol.endswith("ssl"))
            elif "oauthbearer" in key:
                row.setVisible(is_oauth)
            elif key in ("sasl.username", "sasl.password"):
                row.setVisible(bool(mechanism) and not is_oauth)

    @Slot()
    def _show_problems(self) -> None:
        """Say at each field what is wrong with it."""
        found = dict(self._desk.problems)
        for placed in self._desk.findings:
            finding = placed.finding
            key = "bootstrap_servers" if finding.name == "bootstrap.servers" else finding.name
            if finding.severity != "advice":
                found.setdefault(
                    key,
                    joining.one_after_another((sentence(finding.reason), sentence(finding.fix))),
                )
        aliases = {"sasl.mechanism": "sasl.mechanisms"}
        for key, row in self._rows.items():
            row.set_problem(found.get(key) or found.get(aliases.get(key, ""), ""))


def _show(line: QLineEdit, text: str) -> None:
    if line.text().strip() != text.strip():
        line.setText(text)

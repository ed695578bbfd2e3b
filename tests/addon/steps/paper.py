"""Panels on paper: a layout that draws nothing but knows what Blender's would refuse: that draws in a window only."""

from types import SimpleNamespace

import bpy


class PaperOperator:
    """Takes an operator's settings; refuses what the operator does not have."""

    def __init__(self, identifier: str) -> None:
        kind, name = identifier.split(".")
        operator = getattr(bpy.ops, kind)
        assert name in dir(operator), identifier
        object.__setattr__(self, "known", getattr(operator, name).get_rna_type().properties.keys())

    def __setattr__(self, name: str, value: object) -> None:
        assert name in self.known, name


class Paper:
    """A layout: rows in rows, texts and names of properties collected in one list each."""

    LABEL = bpy.types.UILayout.bl_rna.functions["label"].parameters.keys()
    PROP = bpy.types.UILayout.bl_rna.functions["prop"].parameters.keys()
    OPERATOR = bpy.types.UILayout.bl_rna.functions["operator"].parameters.keys()

    def __init__(self, texts: list[str], properties: list[str]) -> None:
        self.__dict__["texts"], self.__dict__["properties"] = texts, properties

    def __setattr__(self, name: str, value: object) -> None:
        assert name in bpy.types.UILayout.bl_rna.properties, name

    def row(self, *, align: bool = False, heading: str = "") -> "Paper":
        return self

    def column(self, *, align: bool = False) -> "Paper":
        return self

    def split(self, *, factor: float, align: bool = False) -> "Paper":
        return self

    def box(self) -> "Paper":
        return self

    def panel(self, identifier: str, *, default_closed: bool = False) -> tuple["Paper", "Paper"]:
        assert "panel" in bpy.types.UILayout.bl_rna.functions
        return self, self

    def label(self, **options: object) -> None:
        assert set(options) <= set(self.LABEL), options
        self._icon(options)
        self.texts.append(str(options.get("text", "")))

    def prop(self, owner: bpy.types.bpy_struct, name: str, **options: object) -> None:
        assert name in owner.bl_rna.properties, name
        self.properties.append(name)
        assert set(options) <= set(self.PROP), options
        assert owner.bl_rna.properties[name].description, f"{name} has no tooltip"
        self._icon(options)

    def prop_enum(self, owner: bpy.types.bpy_struct, name: str, value: str) -> None:
        choices = owner.bl_rna.properties[name].enum_items
        assert value in choices, value
        if value == choices[0].identifier:  # one property, however many buttons it has
            self.prop(owner, name)
        self.texts.append(choices[value].name)

    def operator(self, identifier: str, **options: object) -> object:
        assert set(options) <= set(self.OPERATOR), options
        self._icon(options)
        self.texts.append(str(options.get("text", "")))
        if identifier.startswith("preferences."):
            return SimpleNamespace()
        return PaperOperator(identifier)

    def menu(self, identifier: str, **options: object) -> None:
        assert issubclass(getattr(bpy.types, identifier), bpy.types.Menu), identifier
        self.texts.append(str(options.get("text", "")))

    def separator(self) -> None:
        pass

    def progress(self, *, factor: float, text: str) -> None:
        assert 0.0 <= factor <= 1.0
        self.texts.append(text)

    @staticmethod
    def _icon(options: dict[str, object]) -> None:
        icons = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items.keys()
        assert options.get("icon", "NONE") in icons, options


class PaperContext:
    """Blender's context, with a region's width."""

    region = SimpleNamespace(width=320)
    system = SimpleNamespace(ui_scale=1.0, bl_rna=bpy.types.PreferencesSystem.bl_rna)

    @property
    def preferences(self) -> SimpleNamespace:
        # Without a window the scale of the interface is 0.
        return SimpleNamespace(addons=bpy.context.preferences.addons, system=self.system)

    def __getattr__(self, name: str) -> object:
        return getattr(bpy.context, name)


def draw_all(panels: tuple[type, ...], properties: list[str] | None = None) -> list[str]:
    """Draw every panel that shows itself; return all texts, and add the names of the properties to a list."""
    texts: list[str] = []
    properties = [] if properties is None else properties
    context = PaperContext()
    for panel in panels:
        if hasattr(panel, "poll") and not panel.poll(context):
            continue
        page = SimpleNamespace(layout=Paper(texts, properties))
        for name in (
            "summary",
            "_draw_strip",
            "_draw_bases",
            "_draw_compared",
            "_draw_doubtful",
            "_draw_lines",
            "_label",
            "_draw_engine",
        ):
            if hasattr(panel, name):
                bound = panel.__dict__.get(name)
                is_static = isinstance(bound, staticmethod)
                function = getattr(panel, name)
                setattr(page, name, function if is_static else lambda *a, _f=function, _p=page: _f(_p, *a))
        for step in ("draw_header", "draw_header_preset", "draw"):
            if step in panel.__dict__ or any(step in base.__dict__ for base in panel.__mro__[1:3]):
                getattr(panel, step)(page, context)
    return texts

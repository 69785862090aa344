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

"""Where the accounts of the demo are at home, and what their trackers sit in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Home:
    """Latitude and longitude of a depot, and the sort of fleet (a key of `names.FLEETS`) that starts there."""

    latitude: float
    longitude: float
    fleet: str
    town: str


#: Account key → where its devices drive. What is not listed stands still at Northwind's.
HOMES: dict[str, Home] = {
    "northwind": Home(53.5461, 9.9661, "vans", "Hamburg"),
    "northwind-lab": Home(53.5586, 9.9278, "cars", "Hamburg"),
    "harbor": Home(51.9496, 4.1453, "trucks", "Rotterdam"),
    "harbor-north": Home(53.0793, 8.8017, "trucks", "Bremen"),
    "harbor-south": Home(43.2965, 5.3698, "trucks", "Marseille"),
    "harbor-south-valencia": Home(39.4699, -0.3763, "trailers", "Valencia"),
    "harbor-south-valencia-night": Home(39.4455, -0.3317, "trailers", "Valencia"),
    "buses": Home(59.8586, 17.6389, "buses", "Uppsala"),
    "meadow": Home(52.0907, 5.1214, "reefers", "Utrecht"),
    "meadow-stores": Home(51.4416, 5.4697, "vans", "Eindhoven"),
    "alpine": Home(47.2692, 11.4041, "ambulances", "Innsbruck"),
    "baltic": Home(54.3520, 18.6466, "cars", "Gdansk"),
    "baltic-airport": Home(54.3776, 18.4662, "cars", "Gdansk airport"),
    "granite": Home(48.5734, 13.4653, "machines", "Passau"),
    "swift": Home(48.8566, 2.3522, "vans", "Paris"),
    "swift-bikes": Home(48.8738, 2.2950, "bikes", "Paris"),
    "cleanway": Home(50.9375, 6.9603, "trucks", "Cologne"),
    "oakfield": Home(52.2053, 0.1218, "tractors", "Cambridge"),
    "bluestar": Home(41.3874, 2.1686, "cars", "Barcelona"),
    "titan": Home(51.5136, 7.4653, "machines", "Dortmund"),
    "riverside": Home(51.4545, -2.5879, "buses", "Bristol"),
    "delta": Home(45.4642, 9.1900, "vans", "Milan"),
    "iberia": Home(40.4168, -3.7038, "vans", "Madrid"),
    "olivar": Home(37.7796, -3.7849, "tractors", "Jaén"),
    "olivar-mill": Home(37.3891, -5.9845, "trucks", "Sevilla"),
    "sierra": Home(37.1773, -3.5986, "cars", "Granada"),
    "nordfleet": Home(60.1699, 24.9384, "vans", "Helsinki"),
    "aurora": Home(66.5039, 25.7294, "cars", "Rovaniemi"),
    "fjord": Home(60.3913, 5.3221, "reefers", "Bergen"),
    "contoso": Home(47.6062, 8.6230, "trucks", "Zurich"),
    "contoso-lastmile": Home(47.3769, 8.5417, "vans", "Zurich"),
}
ELSEWHERE = HOMES["northwind"]


def home_of(account_key: str) -> Home:
    """Where an account's devices are at home."""
    return HOMES.get(account_key, ELSEWHERE)

"""The words the demo world is made of: people, streets, vehicles, places, models of trackers."""

from __future__ import annotations

FIRST_NAMES = (
    "Ada Aino Alba Amir Anton Asha Bela Bruno Carla Chen Clara Dalia Daniel Elena Emil Esra Eva Farid Felix Freja "
    "Gita Goran Greta Hana Hugo Ida Ilse Imran Ines Ivo Jana Jonas Julia Karim Katja Kenji Lara Leon Lena Luca Magda "
    "Marek Maya Mehmet Mira Nadia Nils Noor Oleg Olga Oscar Paola Pavel Petra Rafael Rania Rosa Ruben Sanna Selim "
    "Silvia Stefan Tamar Teo Tilda Tomas Ursula Vera Viktor Wanda Yara Yusuf Zoe"
).split()
LAST_NAMES = (
    "Adler Aydin Bakker Becker Berg Bianchi Blom Bosch Brandt Costa Dahl Demir Dubois Duarte Eriksen Farkas Fischer "
    "Fontana Gruber Haas Hansen Holm Horvat Ibrahim Jansen Kaya Keller Klein Koch Kovac Krause Lang Larsen Lehmann "
    "Lindqvist Lopez Marino Martin Meyer Moreau Moretti Nagy Nielsen Novak Okafor Olsen Park Pereira Petrov Popov "
    "Ricci Romano Roth Santos Sato Schmid Silva Sorensen Suarez Svensson Tanaka Toth Vidal Virtanen Vogel Wagner "
    "Weber Winter Wolf Yilmaz Zimmer"
).split()
STREETS = (
    "Harbour Road|Mill Lane|Station Street|Bridge Street|Foundry Road|Orchard Way|Quay Street|Market Square|"
    "North Ring|Canal Street|Brewery Lane|Airport Road|Chapel Street|Depot Road|Garden Avenue|Lighthouse Road|"
    "Meadow Lane|Old Town Road|Park Avenue|Railway Terrace|River Walk|School Lane|South Gate|Tower Street|"
    "Union Street|Victoria Road|West Quay"
).split("|")
TRACKERS = (
    ("Teltonika FMC130", "teltonika"),
    ("Teltonika FMB920", "teltonika"),
    ("Queclink GV57", "queclink"),
    ("Queclink GL320", "queclink"),
    ("Ruptela Eco5", "ruptela"),
    ("Concox JM-VL03", "concox"),
    ("CalAmp LMU-3040", "calamp"),
    ("Suntech ST4340", "suntech"),
)
#: What a client's trackers sit in: the word for it, the models, the fastest it goes (km/h).
FLEETS: dict[str, tuple[str, tuple[str, ...], int]] = {
    "trucks": ("Truck", ("MAN TGX 18.470", "Scania R 450", "Volvo FH 460", "DAF XF 480"), 88),
    "vans": ("Van", ("Ford Transit", "Mercedes Sprinter", "VW Crafter", "Renault Master"), 112),
    "buses": ("Bus", ("Mercedes Citaro", "Solaris Urbino 12", "Volvo 7900", "MAN Lion's City"), 62),
    "reefers": ("Reefer", ("Iveco S-Way", "Scania G 410", "Volvo FM 380"), 85),
    "cars": ("Car", ("Toyota Corolla", "Skoda Octavia", "VW Golf", "Kia Niro"), 128),
    "ambulances": ("Ambulance", ("Mercedes Sprinter 519", "VW T6.1"), 120),
    "machines": ("Machine", ("Volvo L120H", "Caterpillar 336", "Liebherr LTM 1090", "Komatsu PC210"), 28),
    "tractors": ("Tractor", ("John Deere 6155R", "Fendt 720 Vario", "Claas Arion 550"), 42),
    "bikes": ("Bike", ("Riese & Müller Load", "Urban Arrow Cargo"), 27),
    "trailers": ("Trailer", ("Krone Cool Liner", "Schmitz S.KO", "Kögel Cargo"), 86),
}
COLOURS = ("#206bc4", "#2fb344", "#f59f00", "#d63939", "#ae3ec9", "#0ca678", "#f76707", "#4263eb")
SHIFTS = (
    "Day shift",
    "Night shift",
    "Weekend",
    "Long haul",
    "City centre",
    "Spare",
    "Workshop",
    "North",
    "South",
    "East",
)
AREAS = (
    "Depot|Loading yard|City centre|Harbour|Airport|Customs area|Low emission zone|Customer site|Rest area|Wash hall|"
    "Fuel station|School zone|Quarry edge|Cold store|Ferry terminal"
).split("|")
PLACES = (
    "Customer gate|Fuel station|Service workshop|Warehouse|Parcel shop|Rest stop|Car park|Clinic|Supermarket|"
    "Building site|Cold store|Ferry terminal|Weighbridge|Tyre service|Charging station"
).split("|")
ERRANDS = (
    "Deliver to|Collect from|Inspect the tracker at|Replace the SIM at|Take photos at|Return the pallets to|"
    "Refuel at|Hand over the keys at|Check the load at|Install a camera at"
).split("|")
SERVICES = (
    "Oil change|Brake inspection|Tyre change|Tachograph calibration|Annual inspection|Air filter|"
    "Cooling unit service|Coolant|Battery check|Gearbox oil"
).split("|")
DEPARTMENTS = ("Drivers", "Dispatch", "Workshop", "Field service", "Night drivers")
TAGS = (
    "ADR",
    "Refrigerated",
    "Leased",
    "Winter tyres",
    "Own driver",
    "Subcontractor",
    "Spare key",
    "Insured",
    "Electric",
)
ALERTS = (
    ("Speeding", {"type": "speed", "limit_kmh": 90}),
    ("Leaves the depot at night", {"type": "geofence_exit", "from": "22:00", "until": "05:00"}),
    ("Long idling", {"type": "idling", "minutes": 10}),
    ("Low battery", {"type": "battery", "below_volts": 11.8}),
    ("Harsh driving", {"type": "harsh_driving"}),
    ("No data for a day", {"type": "offline", "hours": 24}),
    ("Panic button", {"type": "sos"}),
    ("Fuel drain", {"type": "fuel_drain", "litres": 15}),
)
REPORTS = ("Trips", "Geofence visits", "Fuel", "Engine hours", "Speeding", "Eco driving", "Idling")
CALCULATORS = ("Trips", "Idling", "Geofence visits", "Fuel drains", "Engine hours", "Night stops")

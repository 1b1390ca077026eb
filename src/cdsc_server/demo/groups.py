"""The groups of the demonstration: the town, a house with many flats, and a street too short for a total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdsc_server.demo.history import ELECTRIC, commodity_of
from cdsc_server.demo.people import MEWS, MEWS_ADDRESS
from cdsc_server.demo.town import Resident
from cdsc_server.domain.aggregations import Definition


def definitions(town: Sequence[Resident]) -> Iterator[Definition]:
    """
    Those that any of the fictional Customers belongs to.

    Everybody may know of them. The sums of the house are told, and those of the town beside them: whoever lives in one
    and not in the other is enough. In the street everybody has to consent.
    """
    yield Definition(
        number="ASHFORD-BAY",
        name="Ashford Bay",
        types=("public", "region", "municipality", "service_type"),
        lists={"municipality": frozenset({"Ashford Bay"}), "service_type": frozenset({ELECTRIC.name})},
        regions=(
            {"id": "bay", "name": "Ashford Bay", "types": ["postal_code"],
             "postal_codes": ["10997", "10998", "10999"]},
        ),
    )  # fmt: skip
    made_up = [contract for resident in town if not resident.person.real for contract in resident.contracts]
    if any(contract.service.premise == MEWS for contract in made_up):
        yield Definition(
            number=MEWS,
            name="Harbour Mews",
            types=("listed", "building", "premise_number"),
            lists={"premise_number": frozenset({MEWS})},
            addresses=(MEWS_ADDRESS,),
        )
    street = frozenset(
        contract.service_point_number
        for contract in made_up
        if commodity_of(contract.service) is ELECTRIC and " Harbour Row\n" in contract.service.address
    )
    if street:
        yield Definition(
            number="HARBOUR-ROW",
            name="Harbour Row",
            types=("listed", "local", "servicepoint_number"),
            lists={"servicepoint_number": street},
        )

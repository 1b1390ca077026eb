"""A Client reads what was agreed to, and nothing else (CDS-WG3-01)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from cdsc_server.walkthrough.client import Client, instant_of
from cdsc_server.walkthrough.report import Report

#: Fields that nobody asked for, so nobody may see them.
_HIDDEN: Final = ("account_number", "service_programs")


def read_supply(report: Report, client: Client) -> None:
    """The contracts."""
    with report.step("Read /supply_details"):
        contracts = client.listing("/supply_details", "service_contracts", client.token["access_token"])
        report.check(
            f"{len(contracts)} contracts", bool(contracts), seen=contracts, advice="use a customer who has one"
        )
        open_fields = all("contract_number" in each and "rateplan_name" in each for each in contracts)
        report.check("they show number and price plan", open_fields, seen=contracts[0])
        leaked = [name for each in contracts for name in _HIDDEN if name in each]
        report.check(f"they do not show {' or '.join(_HIDDEN)}", not leaked, seen=leaked)


def read_usage(report: Report, client: Client) -> None:
    """What was used, interval by interval."""
    with report.step("Read /usage_data"):
        usage = client.token["authorization_details"][1]
        start, end = instant_of(usage["segment_start"]), instant_of(usage["segment_end"])
        segments = client.listing("/usage_data", "usage_segments", client.token["access_token"])
        rows = sum(len(each["values"]) for each in segments)
        report.check(
            f"{len(segments)} segments with {rows:,} rows", rows > 0, seen=rows, advice="use a customer with usage"
        )
        outside = [
            each["cds_usagesegment_id"]
            for each in segments
            if instant_of(each["segment_start"]) < start or instant_of(each["segment_end"]) > end
        ]
        report.check("all of it inside the window that was approved", not outside, seen=outside)
        uneven = [each["cds_usagesegment_id"] for each in segments if not _is_even(each)]
        report.check("every row has its place and every column its value", not uneven, seen=uneven)
        values = [
            value for each in segments for row in each["values"] for cell in row if cell for value in cell.values()
        ]
        exact = all(isinstance(value, Decimal | int) for value in values)
        report.check(
            f"{len(values):,} numbers, each exact", exact, seen=[v for v in values if isinstance(v, float)][:3]
        )


def read_mix(report: Report, client: Client) -> None:
    """Where the power came from."""
    with report.step("Read /generation_mix"):
        segments = client.listing("/generation_mix", "usage_segments", client.token["access_token"])
        others = {each["type"] for segment in segments for each in segment["formats"]} - {"electric_supply_mix"}
        report.check("it shows supply mixes and nothing else", not others, seen=others)
        if not segments:
            report.check("this customer has none", True, seen=None)
            return
        rows, wrong = 0, []
        for segment in segments:
            for row in segment["values"]:
                sums: dict[str, Decimal] = {}
                for described, cell in zip(segment["formats"], row, strict=True):
                    share = cell["sm"] if cell else 0
                    sums[described["attribution"]] = sums.get(described["attribution"], Decimal(0)) + share
                rows += 1
                wrong += [(name, total) for name, total in sums.items() if total != 1]
        report.check(f"the shares of {rows:,} rows each make exactly one", rows > 0 and not wrong, seen=wrong[:3])


def _is_even(segment: dict[str, Any]) -> bool:
    seconds = int(segment["interval"] * len(segment["values"]))
    length = instant_of(segment["segment_end"]) - instant_of(segment["segment_start"])
    columns = len(segment["formats"])
    return length == timedelta(seconds=seconds) and all(len(row) == columns for row in segment["values"])

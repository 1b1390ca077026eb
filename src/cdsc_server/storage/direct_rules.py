"""
The rules of direct access as conditions on rows: what `domain.direct_access` and `domain.disclosure` say of one
Customer's objects in memory, said of everybody's at once. Tests hold both against each other.

Objects stand in a chain: an Account has contracts, these are served at Service Points, where meters hang. A meter
belongs to a contract only if both were at the Service Point at the same time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Text, and_, exists, func, literal, or_, select, true, type_coerce
from sqlalchemy.orm import aliased

from cdsc_server import exact_json
from cdsc_server.domain.customer_graph import SELECTED_KIND, Kind
from cdsc_server.domain.direct_access import MATCHED, Permission
from cdsc_server.domain.disclosure import OPENED_BY, frozen_at
from cdsc_server.domain.grants import GrantedEntry
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.among import among
from cdsc_server.storage.db import DataBase
from cdsc_server.storage.meter_devices import InstallationRow, MeterDeviceRow
from cdsc_server.storage.permissions import permits
from cdsc_server.storage.service_contracts import ServiceContractRow
from cdsc_server.storage.service_points import ServedContractRow, ServicePointRow

Row = TypeVar("Row", bound=DataBase)

#: The column that holds each member by which objects are filtered, and what stands before a value in it; None where
#: the column is the value itself.
_COLUMNS: Final[Mapping[str, tuple[str, str | None]]] = {
    "account_number": ("account_number", None),
    "account_programs[].program_number": ("programs", '"program_number":'),
    "contract_number": ("contract_number", None),
    "service_types[]": ("service_types", ""),
    "service_programs[].program_number": ("programs", '"program_number":'),
    "servicepoint_number": ("servicepoint_number", None),
    "servicepoint_types[]": ("types", ""),
    "premises[].premise_number": ("premises", '"premise_number":'),
    "meter_number": ("meter_number", None),
    "meter_types[]": ("types", ""),
    "meter_apps[].app_number": ("apps", '"app_number":'),
}


@cache
def _alias(row: type[Row], where: str) -> type[Row]:
    """A table under a name of its own for each place in the rules: made once, which takes longer than a page."""
    return aliased(row, name=f"{row.__tablename__}_{where}")


@dataclass(frozen=True)
class Reached:
    """
    What one entry of a direct Grant reaches, for tables or aliases of them.

    Args:
        at: objects that came later are not there.
    """

    entry: GrantedEntry
    permission: Permission
    at: datetime

    @classmethod
    def by(cls, entry: GrantedEntry, permission: Permission, *, now: datetime) -> Reached:
        """What it reaches at an instant; earlier once `sync_until` has passed."""
        return cls(entry, permission, frozen_at(entry, now))

    @property
    def base(self) -> Kind:
        """The kind of objects from which the others are reached."""
        return SELECTED_KIND[self.entry.selection.kind]

    def opens(self, kind: Kind) -> bool:
        """Whether it opens objects of a kind at all."""
        return OPENED_BY[kind] in self.entry.opens

    def reaches(self, kind: Kind, row: Any) -> ColumnElement[bool]:
        """Whether it reaches an object of a kind; that it opens the kind is judged elsewhere."""
        match kind:
            case Kind.ACCOUNT:
                return self.reaches_account(row)
            case Kind.SERVICE_CONTRACT:
                below = [] if self.base in (Kind.ACCOUNT, kind) else [self._has_base_below(row)]
                return and_(self._contract(row), *below)
            case Kind.SERVICE_POINT:
                below = [self._has_meter(row)] if self.base is Kind.METER_DEVICE else []
                return and_(self._point(row), *below)
            case Kind.METER_DEVICE:
                return self._meter(row)

    def reaches_account(self, row: Any) -> ColumnElement[bool]:
        """Whether it reaches an Account: as one of its own, through what hangs on it, or as a parent of such a one."""
        if self.base is Kind.ACCOUNT:
            return self._account(row)
        beneath = select(row.account_id.label("account_id")).correlate(row)
        family = beneath.cte("family", recursive=True, nesting=True)
        child = _alias(AccountRow, "reaches_account")
        family = family.union(
            select(child.account_id)
            .join(family, child.parent_id == family.c.account_id)
            .where(child.customer_key == row.customer_key, self._account(child))
            .correlate(row)
        )
        contract = _alias(ServiceContractRow, "reaches_account")
        below = [] if self.base is Kind.SERVICE_CONTRACT else [self._has_base_below(contract)]
        has_one = exists(
            select(contract.contract_id)
            .join(family, contract.account_id == family.c.account_id)
            .where(contract.customer_key == row.customer_key, self._known(Kind.SERVICE_CONTRACT, contract), *below)
            .correlate(row)
        )
        return and_(self._account(row), has_one)

    def holds(self, account: Any) -> ColumnElement[bool]:
        """Whether an Account is permitted and matches: what belongs to it may be open then."""
        return self._account(account)

    def bills(self, account: Any) -> ColumnElement[bool]:
        """Whether what is billed to an Account can be open: it is reached itself, and not as a parent."""
        contract = _alias(ServiceContractRow, "bills")
        if self.base is Kind.ACCOUNT:
            return self._account(account)
        below = [] if self.base is Kind.SERVICE_CONTRACT else [self._has_base_below(contract)]
        has_one = found(
            contract.customer_key == account.customer_key,
            contract.account_id == account.account_id,
            self._known(Kind.SERVICE_CONTRACT, contract),
            *below,
        )
        return and_(self._account(account), has_one)

    def _known(self, kind: Kind, row: Any) -> ColumnElement[bool]:
        """Whether an object was there, and matches what filters its kind."""
        mine = {name: values for name, values in (self.entry.only or {}).items() if MATCHED[name][0] is kind}
        return and_(row.known <= self.at, *(has_any_of(row, MATCHED[name][1], each) for name, each in mine.items()))

    def _account(self, row: Any) -> ColumnElement[bool]:
        return and_(self._known(Kind.ACCOUNT, row), permits(self.permission, row))

    def _contract(self, row: Any) -> ColumnElement[bool]:
        account = _alias(AccountRow, "contract")
        billed = found(
            account.customer_key == row.customer_key, account.account_id == row.account_id, self._account(account)
        )
        return and_(self._known(Kind.SERVICE_CONTRACT, row), billed)

    def _point(self, row: Any) -> ColumnElement[bool]:
        served, contract = _alias(ServedContractRow, "point"), _alias(ServiceContractRow, "point")
        serves = found(
            served.customer_key == row.customer_key,
            served.service_point_id == row.service_point_id,
            served.start <= self.at,
            contract.customer_key == row.customer_key,
            contract.contract_id == served.contract_id,
            self._contract(contract),
        )
        return and_(self._known(Kind.SERVICE_POINT, row), serves)

    def _meter(self, row: Any) -> ColumnElement[bool]:
        hung, point = _alias(InstallationRow, "meter"), _alias(ServicePointRow, "meter")
        served, contract = _alias(ServedContractRow, "meter"), _alias(ServiceContractRow, "meter")
        hangs = found(
            hung.customer_key == row.customer_key,
            hung.meter_device_id == row.meter_device_id,
            *self._beside(hung, served, point),
            contract.customer_key == row.customer_key,
            contract.contract_id == served.contract_id,
            self._contract(contract),
        )
        return and_(self._known(Kind.METER_DEVICE, row), hangs)

    def _has_meter(self, point: Any) -> ColumnElement[bool]:
        hung, meter = _alias(InstallationRow, "has_meter"), _alias(MeterDeviceRow, "has_meter")
        return found(
            hung.customer_key == point.customer_key,
            hung.service_point_id == point.service_point_id,
            hung.start <= self.at,
            meter.customer_key == point.customer_key,
            meter.meter_device_id == hung.meter_device_id,
            self._meter(meter),
        )

    def _has_base_below(self, contract: Any) -> ColumnElement[bool]:
        """Whether a Service Point or meter that the entry begins with hangs on a contract."""
        served, point = _alias(ServedContractRow, "has_base_below"), _alias(ServicePointRow, "has_base_below")
        of_contract = (served.customer_key == contract.customer_key, served.contract_id == contract.contract_id)
        if self.base is Kind.SERVICE_POINT:
            return found(*of_contract, served.start <= self.at, *self._at(served, point))
        hung, meter = _alias(InstallationRow, "has_base_below"), _alias(MeterDeviceRow, "has_base_below")
        return found(
            *of_contract,
            hung.customer_key == contract.customer_key,
            *self._beside(hung, served, point),
            meter.customer_key == contract.customer_key,
            meter.meter_device_id == hung.meter_device_id,
            self._known(Kind.METER_DEVICE, meter),
        )

    def _at(self, link: Any, point: Any) -> tuple[ColumnElement[bool], ...]:
        return (
            point.customer_key == link.customer_key,
            point.service_point_id == link.service_point_id,
            self._known(Kind.SERVICE_POINT, point),
        )

    def _beside(self, hung: Any, served: Any, point: Any) -> tuple[ColumnElement[bool], ...]:
        """That a meter and a contract were at a Service Point at the same time."""
        return (
            served.customer_key == hung.customer_key,
            served.service_point_id == hung.service_point_id,
            served.start <= self.at,
            hung.start <= self.at,
            or_(hung.end.is_(None), served.start < hung.end),
            or_(served.end.is_(None), hung.start < served.end),
            *self._at(hung, point),
        )


def found(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """
    Whether there is such a row, looked for beside each row of the statement around it.

    Without the offset PostgreSQL joins all that is looked for first, where a page needs a hundred looks.
    """
    return exists(select(literal(1)).where(*conditions).offset(0))


def has_any_of(row: Any, path: str, values: frozenset[str]) -> ColumnElement[bool]:
    """Whether a member of an object, by the path it has in `MATCHED`, has any of these values."""
    name, before = _COLUMNS[path]
    column = getattr(row, name)
    if before is None:
        return among(column, values)
    stored = type_coerce(column, Text)
    # What stands inside a string of the JSON has its quotes escaped, so only a whole value is found.
    parts = (before + exact_json.dumps(value).decode() for value in sorted(values))
    return or_(~true(), *(func.replace(stored, part, "") != stored for part in parts))

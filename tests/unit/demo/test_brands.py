"""The demonstration has two brands, and somebody who knows it under the second."""

from __future__ import annotations

from cdsc_server.demo.brands import add_brands
from cdsc_server.demo.people import PEOPLE
from cdsc_server.services.brands import brand_of_customer
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import transaction


def test_one_customer_knows_the_utility_under_its_second_brand(app, clock):
    catalogue = app.extensions["cdsc"].catalogue
    with app.app_context():
        with transaction() as session:
            for person in PEOPLE:
                told = {"display_name": person.name, "email": person.username, "created": clock.now()}
                session.add(CustomerRow(customer_id=person.username, **told))
        add_brands(catalogue, clock)
        brands = {person.username: brand_of_customer(person.username, catalogue.utility) for person in PEOPLE}

    named = {username: brand.utility.name for username, brand in brands.items() if brand is not None}
    assert named == {"dora@example.com": "Bay Light Energy"}

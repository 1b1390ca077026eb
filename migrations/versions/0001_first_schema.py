"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("customer_number", sa.String(), nullable=True),
        sa.Column("account_number", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("contacts", sa.Text(), nullable=False),
        sa.Column("programs", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("synced", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("known", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("valid", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("customer_key", "account_id", name=op.f("pk_accounts")),
    )
    op.create_index(
        op.f("ix_accounts_modified_account_id"),
        "accounts",
        [sa.literal_column("modified DESC"), "account_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_accounts_customer_key_modified_account_id"),
        "accounts",
        ["customer_key", sa.literal_column("modified DESC"), "account_id"],
        unique=False,
    )
    op.create_index(op.f("ix_accounts_customer_key_parent_id"), "accounts", ["customer_key", "parent_id"], unique=False)
    op.create_index(op.f("ix_accounts_account_id"), "accounts", ["account_id"], unique=False)
    op.create_index(op.f("ix_accounts_account_number"), "accounts", ["account_number"], unique=False)

    op.create_table(
        "audit_entries",
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_at_entry_id"), "audit_entries", ["at", "entry_id"], unique=False)
    op.create_index(
        op.f("ix_audit_entries_subject_at_entry_id"), "audit_entries", ["subject", "at", "entry_id"], unique=False
    )

    op.create_table(
        "bill_sections",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("bill_section_id", sa.String(), nullable=False),
        sa.Column("bill_statement_id", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("account_number", sa.String(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("distribution_entity", sa.Text(), nullable=True),
        sa.Column("supply_entity", sa.Text(), nullable=True),
        sa.Column("contracts", sa.Text(), nullable=False),
        sa.Column("service_points", sa.Text(), nullable=False),
        sa.Column("meter_devices", sa.Text(), nullable=False),
        sa.Column("bill_sections", sa.Text(), nullable=False),
        sa.Column("programs", sa.Text(), nullable=False),
        sa.Column("usage_details", sa.Text(), nullable=False),
        sa.Column("cost_details", sa.Text(), nullable=False),
        sa.Column("line_items", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("synced", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("known", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("valid", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("customer_key", "bill_section_id", name=op.f("pk_bill_sections")),
    )
    op.create_table(
        "bill_statements",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("bill_statement_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("account_number", sa.String(), nullable=False),
        sa.Column("statement_date", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("previous_balance_amount", sa.Numeric().with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("previous_balance_paid", sa.Numeric().with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("previous_balance_unpaid", sa.Numeric().with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("new_charges_amount", sa.Numeric().with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("new_charges", sa.Text(), nullable=False),
        sa.Column("new_balance_amount", sa.Numeric().with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("amount_due", sa.Numeric().with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("amount_due_date", sa.Date(), nullable=False),
        sa.Column("shutoff_prevention_minimum_due", sa.Numeric().with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("shutoff_prevention_date", sa.Date(), nullable=True),
        sa.Column("programs", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.String(), nullable=True),
        sa.Column("file_size", sa.BigInteger(), nullable=True),
        sa.Column("file_mimetype", sa.String(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("synced", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("known", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("valid", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("customer_key", "bill_statement_id", name=op.f("pk_bill_statements")),
    )
    op.create_index(
        op.f("ix_bill_statements_customer_key_account_id_statement_date"),
        "bill_statements",
        ["customer_key", "account_id", "statement_date"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bill_statements_statement_date_modified_bill_statement_id"),
        "bill_statements",
        ["statement_date", "modified", "bill_statement_id"],
        unique=False,
    )
    op.create_index(
        "ix_bill_statements_newest",
        "bill_statements",
        ["customer_key", "statement_date", "modified", "bill_statement_id"],
        unique=False,
    )

    op.create_table(
        "customers",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("customer_key", sa.BigInteger(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("label_partner", sa.String(), nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customers")),
        sa.UniqueConstraint("customer_key", name=op.f("uq_customers_customer_key")),
    )
    op.create_table(
        "daily_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("writer", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "name", "part", "writer", name=op.f("pk_daily_counts")),
    )

    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_deliveries")),
    )
    op.create_index(
        op.f("ix_deliveries_looked_at_delivery_id"), "deliveries", ["looked_at", "delivery_id"], unique=False
    )

    op.create_table(
        "delta_feeds",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("early", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_delta_feeds")),
    )
    op.create_table(
        "delta_files",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("applied", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("feed", "number", name=op.f("pk_delta_files")),
    )
    op.create_index(op.f("ix_delta_files_feed_digest"), "delta_files", ["feed", "digest"], unique=False)

    op.create_table(
        "sources",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("heard_of", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("alarmed", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_sources")),
    )
    op.create_table(
        "eacs",
        sa.Column("eac_id", sa.String(), nullable=False),
        sa.Column("beneficiary_type", sa.String(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("supply_type", sa.String(), nullable=True),
        sa.Column("period_start", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("period_end", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("synced", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("eac_id", name=op.f("pk_eacs")),
    )
    op.create_table(
        "eac_beneficiaries",
        sa.Column("beneficiary_type", sa.String(), nullable=False),
        sa.Column("beneficiary", sa.String(), nullable=False),
        sa.Column("eac_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["eac_id"], ["eacs.eac_id"], name=op.f("fk_eac_beneficiaries_eac_id")),
        sa.PrimaryKeyConstraint("beneficiary_type", "beneficiary", "eac_id", name=op.f("pk_eac_beneficiaries")),
    )
    op.create_index(op.f("ix_eac_beneficiaries_eac_id"), "eac_beneficiaries", ["eac_id"], unique=False)

    op.create_table(
        "login_failures",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failure", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_failures")),
    )
    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_channel_status_due"), "outbox", ["channel", "status", "due"], unique=False)
    op.create_index(op.f("ix_outbox_recipient_status_due"), "outbox", ["recipient", "status", "due"], unique=False)
    op.create_index(
        op.f("ix_outbox_recipient_created_outbox_id"), "outbox", ["recipient", "created", "outbox_id"], unique=False
    )
    op.create_index(
        op.f("ix_outbox_status_created_outbox_id"), "outbox", ["status", "created", "outbox_id"], unique=False
    )

    op.create_table(
        "meter_devices",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("meter_device_id", sa.String(), nullable=False),
        sa.Column("meter_number", sa.String(), nullable=True),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("apps", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("synced", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("known", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("valid", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("customer_key", "meter_device_id", name=op.f("pk_meter_devices")),
    )
    op.create_index(
        op.f("ix_meter_devices_modified_meter_device_id"),
        "meter_devices",
        [sa.literal_column("modified DESC"), "meter_device_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_meter_devices_customer_key_modified_meter_device_id"),
        "meter_devices",
        ["customer_key", sa.literal_column("modified DESC"), "meter_device_id"],
        unique=False,
    )
    op.create_index(op.f("ix_meter_devices_meter_number"), "meter_devices", ["meter_number"], unique=False)
    op.create_index(op.f("ix_meter_devices_meter_device_id"), "meter_devices", ["meter_device_id"], unique=False)

    op.create_table(
        "meter_installations",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("meter_device_id", sa.String(), nullable=False),
        sa.Column("service_point_id", sa.String(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint(
            "customer_key", "meter_device_id", "service_point_id", "start", name=op.f("pk_meter_installations")
        ),
    )
    op.create_index(
        "ix_meter_installations_by_service_point",
        "meter_installations",
        ["customer_key", "service_point_id", "meter_device_id", "start"],
        unique=False,
    )
    op.create_table(
        "operators",
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("disabled", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_operators")),
    )
    op.create_table(
        "published_documents",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_published_documents")),
    )
    op.create_table(
        "rate_counts",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "started", name=op.f("pk_rate_counts")),
    )
    op.create_index(op.f("ix_rate_counts_started"), "rate_counts", ["started"], unique=False)

    op.create_table(
        "registrations",
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("metadata_sent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_registrations")),
    )
    op.create_table(
        "served_contracts",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("service_point_id", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint(
            "customer_key", "service_point_id", "contract_id", "start", name=op.f("pk_served_contracts")
        ),
    )
    op.create_index(
        "ix_served_contracts_by_contract",
        "served_contracts",
        ["customer_key", "contract_id", "service_point_id", "start"],
        unique=False,
    )
    op.create_table(
        "service_accounts",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("disabled", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_service_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_service_accounts_name")),
    )
    op.create_table(
        "service_contracts",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("contract_number", sa.String(), nullable=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("contract_start", sa.Date(), nullable=False),
        sa.Column("contract_end", sa.Date(), nullable=True),
        sa.Column("service_types", sa.Text(), nullable=False),
        sa.Column("rateplan_code", sa.String(), nullable=False),
        sa.Column("rateplan_name", sa.String(), nullable=False),
        sa.Column("programs", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("synced", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("known", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("valid", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("customer_key", "contract_id", name=op.f("pk_service_contracts")),
    )
    op.create_index(
        op.f("ix_service_contracts_modified_contract_id"),
        "service_contracts",
        [sa.literal_column("modified DESC"), "contract_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_contracts_customer_key_modified_contract_id"),
        "service_contracts",
        ["customer_key", sa.literal_column("modified DESC"), "contract_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_contracts_contract_number"), "service_contracts", ["contract_number"], unique=False
    )
    op.create_index(op.f("ix_service_contracts_rateplan_code"), "service_contracts", ["rateplan_code"], unique=False)
    op.create_index(
        op.f("ix_service_contracts_customer_key_account_id"),
        "service_contracts",
        ["customer_key", "account_id"],
        unique=False,
    )
    # Last: of indexes that seem to fit alike PostgreSQL takes the newest, and of this one it is always true.
    op.create_index(op.f("ix_service_contracts_contract_id"), "service_contracts", ["contract_id"], unique=False)

    op.create_table(
        "tariffs",
        sa.Column("external_tariff_id", sa.String(), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("superseded", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("external_tariff_id", "modified", name=op.f("pk_tariffs")),
    )
    op.create_table(
        "contract_tariffs",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("superseded", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("tariffs", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_key", "contract_id", "modified", name=op.f("pk_contract_tariffs")),
    )
    op.create_table(
        "supply_mixes",
        sa.Column("external_supply_mix_id", sa.String(), nullable=False),
        sa.Column("attribution", sa.String(), nullable=False),
        sa.Column("external_tariff_id", sa.String(), nullable=True),
        sa.Column("grid_region", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("supply_types", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("superseded", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("external_supply_mix_id", "modified", name=op.f("pk_supply_mixes")),
    )
    op.create_index(op.f("ix_supply_mixes_external_tariff_id"), "supply_mixes", ["external_tariff_id"], unique=False)
    op.create_table(
        "service_points",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("service_point_id", sa.String(), nullable=False),
        sa.Column("servicepoint_number", sa.String(), nullable=True),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("latitude", sa.Numeric().with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("longitude", sa.Numeric().with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("premises", sa.Text(), nullable=False),
        sa.Column("voltage", sa.Numeric().with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("synced", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("known", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("valid", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("customer_key", "service_point_id", name=op.f("pk_service_points")),
    )
    op.create_index(
        op.f("ix_service_points_modified_service_point_id"),
        "service_points",
        [sa.literal_column("modified DESC"), "service_point_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_points_customer_key_modified_service_point_id"),
        "service_points",
        ["customer_key", sa.literal_column("modified DESC"), "service_point_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_points_servicepoint_number"), "service_points", ["servicepoint_number"], unique=False
    )
    op.create_index(op.f("ix_service_points_service_point_id"), "service_points", ["service_point_id"], unique=False)

    op.create_table(
        "tokens",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=True),
        sa.Column("grant_id", sa.String(), nullable=True),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("authorization_details", sa.Text(), nullable=True),
        sa.Column("code_hash", sa.String(), nullable=True),
        sa.Column("issued", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("revoked", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_tokens")),
    )
    op.create_index(op.f("ix_tokens_code_hash"), "tokens", ["code_hash"], unique=False)
    op.create_index(op.f("ix_tokens_credential_id"), "tokens", ["credential_id"], unique=False)
    op.create_index(op.f("ix_tokens_expires"), "tokens", ["expires"], unique=False)
    op.create_index(op.f("ix_tokens_grant_id"), "tokens", ["grant_id"], unique=False)

    op.create_table(
        "usage_blocks",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("span", sa.Integer(), nullable=False),
        sa.Column("series", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("customer_key", "series", "start", name=op.f("pk_usage_blocks")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_blocks_past",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("superseded", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("span", sa.Integer(), nullable=False),
        sa.Column("series", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("customer_key", "series", "start", "superseded", name=op.f("pk_usage_blocks_past")),
    )
    op.create_table(
        "usage_series",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("series", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("series_id", sa.String(), nullable=False),
        sa.Column("segment_key", sa.String(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("value_key", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("contract_id", sa.String(), nullable=True),
        sa.Column("service_point_id", sa.String(), nullable=True),
        sa.Column("meter_device_id", sa.String(), nullable=True),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("phase_seconds", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("value_format", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("synced", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("customer_key", "series", name=op.f("pk_usage_series")),
        sa.UniqueConstraint("customer_key", "series_id", name=op.f("uq_usage_series_customer_key_series_id")),
    )
    op.create_index(
        op.f("ix_usage_series_customer_key_segment_key"), "usage_series", ["customer_key", "segment_key"], unique=False
    )

    op.create_table(
        "clients",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("client_name", sa.String(), nullable=False),
        sa.Column("contacts", sa.Text(), nullable=False),
        sa.Column("redirect_uris", sa.Text(), nullable=False),
        sa.Column("response_types", sa.Text(), nullable=False),
        sa.Column("grant_types", sa.Text(), nullable=False),
        sa.Column("token_endpoint_auth_method", sa.String(), nullable=True),
        sa.Column("authorization_details_types", sa.Text(), nullable=False),
        sa.Column("uris", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_options", sa.Text(), nullable=False),
        sa.Column("registered_fields", sa.Text(), nullable=False),
        sa.Column("limits", sa.Text(), nullable=False),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.Column("reach", sa.String(), nullable=False),
        sa.Column("default_scope", sa.String(), nullable=True),
        sa.Column("default_redirect_uri", sa.String(), nullable=True),
        sa.Column("default_authorization_details", sa.Text(), nullable=True),
        sa.Column("held", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.registration_id"], name=op.f("fk_clients_registration_id")
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_clients")),
    )
    op.create_index(
        op.f("ix_clients_registration_id_modified_client_id"),
        "clients",
        ["registration_id", "modified", "client_id"],
        unique=False,
    )

    op.create_table(
        "object_versions",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("table", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("superseded", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("valid", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer_key", "table", "object_id", "superseded", name=op.f("pk_object_versions")),
    )

    op.create_table(
        "late_data",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("eta", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=op.f("fk_late_data_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "scope", name=op.f("pk_late_data")),
    )

    op.create_table(
        "logins",
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=op.f("fk_logins_customer_id")),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_logins")),
    )
    op.create_index(op.f("ix_logins_customer_id"), "logins", ["customer_id"], unique=False)

    op.create_table(
        "messages",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("previous_id", sa.String(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.Column("creator", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("updates_requested", sa.Text(), nullable=True),
        sa.Column("grants_requested", sa.Text(), nullable=True),
        sa.Column("related_type", sa.String(), nullable=True),
        sa.Column("related_key", sa.String(), nullable=True),
        sa.Column("amount", sa.Numeric().with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["previous_id"], ["messages.message_id"], name=op.f("fk_messages_previous_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.registration_id"], name=op.f("fk_messages_registration_id")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_messages")),
    )
    op.create_index(
        op.f("ix_messages_modified_message_id"),
        "messages",
        ["modified", "message_id"],
        unique=False,
        sqlite_where=sa.text("status IN ('open', 'pending')"),
        postgresql_where=sa.text("status IN ('open', 'pending')"),
    )
    op.create_index(op.f("ix_messages_previous_id"), "messages", ["previous_id"], unique=False)
    op.create_index(
        op.f("ix_messages_registration_id_modified_message_id"),
        "messages",
        ["registration_id", "modified", "message_id"],
        unique=False,
        sqlite_where=sa.text("status IN ('open', 'pending')"),
        postgresql_where=sa.text("status IN ('open', 'pending')"),
    )
    op.create_index(
        op.f("ix_messages_registration_id_read_modified_message_id"),
        "messages",
        ["registration_id", "read", "modified", "message_id"],
        unique=False,
    )

    op.create_table(
        "operator_sessions",
        sa.Column("session_hash", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column("form_secret", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["username"], ["operators.username"], name=op.f("fk_operator_sessions_username")),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_operator_sessions")),
    )
    op.create_index(op.f("ix_operator_sessions_expires"), "operator_sessions", ["expires"], unique=False)
    op.create_index(op.f("ix_operator_sessions_username"), "operator_sessions", ["username"], unique=False)

    op.create_table(
        "operator_tokens",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("issued", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("revoked", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["service_accounts.client_id"], name=op.f("fk_operator_tokens_client_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_operator_tokens")),
    )
    op.create_index(op.f("ix_operator_tokens_client_id"), "operator_tokens", ["client_id"], unique=False)
    op.create_index(op.f("ix_operator_tokens_expires"), "operator_tokens", ["expires"], unique=False)

    op.create_table(
        "payments",
        sa.Column("payment_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric().with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("receipt_url", sa.String(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.registration_id"], name=op.f("fk_payments_registration_id")
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_payments")),
    )
    op.create_index(
        op.f("ix_payments_registration_id_created"), "payments", ["registration_id", "created"], unique=False
    )

    op.create_table(
        "provisioning_uploads",
        sa.Column("upload_id", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_provisioning_uploads")),
    )
    op.create_index(op.f("ix_provisioning_uploads_expires"), "provisioning_uploads", ["expires"], unique=False)

    op.create_table(
        "provisioned",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("above", sa.String(), nullable=True),
        sa.Column("unique_value", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=op.f("fk_provisioned_customer_id")),
        sa.PrimaryKeyConstraint("kind", "external_id", name=op.f("pk_provisioned")),
        sa.UniqueConstraint("kind", "unique_value", name=op.f("uq_provisioned_kind_unique_value")),
    )
    op.create_index(op.f("ix_provisioned_customer_id"), "provisioned", ["customer_id"], unique=False)
    op.create_index(op.f("ix_provisioned_kind_above"), "provisioned", ["kind", "above"], unique=False)
    op.create_index(
        op.f("ix_provisioned_kind_modified_external_id"),
        "provisioned",
        ["kind", "modified", "external_id"],
        unique=False,
    )

    op.create_table(
        "sessions",
        sa.Column("session_hash", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("form_secret", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("signed_in", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("expires", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=op.f("fk_sessions_customer_id")),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_customer_id"), "sessions", ["customer_id"], unique=False)
    op.create_index(op.f("ix_sessions_expires"), "sessions", ["expires"], unique=False)

    op.create_table(
        "credentials",
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name=op.f("fk_credentials_client_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.registration_id"], name=op.f("fk_credentials_registration_id")
        ),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_credentials")),
    )
    op.create_index(op.f("ix_credentials_client_id"), "credentials", ["client_id"], unique=False)
    op.create_index(
        op.f("ix_credentials_registration_id_modified_credential_id"),
        "credentials",
        ["registration_id", "modified", "credential_id"],
        unique=False,
    )

    op.create_table(
        "grants",
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("admin_of", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_before", sa.String(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("authorization_details", sa.Text(), nullable=False),
        sa.Column("enabled_scope", sa.String(), nullable=False),
        sa.Column("enabled_authorization_details", sa.Text(), nullable=False),
        sa.Column("selections", sa.Text(), nullable=False),
        sa.Column("states", sa.Text(), nullable=False),
        sa.Column("receipt_confirmations", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("review", sa.Text(), nullable=True),
        sa.Column("loading", sa.Text(), nullable=True),
        sa.Column("failed_loading", sa.Boolean(), nullable=False),
        sa.Column("eta", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("expires", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["admin_of"], ["grants.grant_id"], name=op.f("fk_grants_admin_of")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name=op.f("fk_grants_client_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=op.f("fk_grants_customer_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["grants.grant_id"], name=op.f("fk_grants_parent_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.registration_id"], name=op.f("fk_grants_registration_id")
        ),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_grants")),
    )
    op.create_index(
        "ix_grants_ended",
        "grants",
        ["modified"],
        unique=False,
        sqlite_where=sa.text("status IN ('revoked', 'closed')"),
        postgresql_where=sa.text("status IN ('revoked', 'closed')"),
    )
    op.create_index(
        "ix_grants_loading",
        "grants",
        ["customer_id"],
        unique=False,
        sqlite_where=sa.text("loading IS NOT NULL"),
        postgresql_where=sa.text("loading IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_grants_admin_of"),
        "grants",
        ["admin_of"],
        unique=False,
        sqlite_where=sa.text("admin_of IS NOT NULL"),
        postgresql_where=sa.text("admin_of IS NOT NULL"),
    )
    op.create_index(op.f("ix_grants_client_id"), "grants", ["client_id"], unique=False)
    op.create_index(
        op.f("ix_grants_created_grant_id"),
        "grants",
        ["created", "grant_id"],
        unique=False,
        sqlite_where=sa.text("status = 'pending' AND customer_id IS NULL"),
        postgresql_where=sa.text("status = 'pending' AND customer_id IS NULL"),
    )
    op.create_index(op.f("ix_grants_customer_id_created"), "grants", ["customer_id", "created"], unique=False)
    op.create_index(
        op.f("ix_grants_expires"),
        "grants",
        ["expires"],
        unique=False,
        sqlite_where=sa.text("expires IS NOT NULL"),
        postgresql_where=sa.text("expires IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_grants_not_before"),
        "grants",
        ["not_before"],
        unique=False,
        sqlite_where=sa.text("status = 'future'"),
        postgresql_where=sa.text("status = 'future'"),
    )
    op.create_index(op.f("ix_grants_parent_id"), "grants", ["parent_id"], unique=False)
    op.create_index(
        op.f("ix_grants_registration_id_modified_grant_id"),
        "grants",
        ["registration_id", "modified", "grant_id"],
        unique=False,
    )

    op.create_table(
        "tickets",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.message_id"], name=op.f("fk_tickets_message_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_tickets")),
    )
    op.create_index(op.f("ix_tickets_ticket_id"), "tickets", ["ticket_id"], unique=False)

    op.create_table(
        "ticket_news",
        sa.Column("news_id", sa.String(), nullable=False),
        sa.Column("received", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("news_id", name=op.f("pk_ticket_news")),
    )
    op.create_index(op.f("ix_ticket_news_received"), "ticket_news", ["received"], unique=False)

    op.create_table(
        "message_attachments",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("mime_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.message_id"], name=op.f("fk_message_attachments_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", "position", name=op.f("pk_message_attachments")),
    )
    op.create_table(
        "requirements",
        sa.Column("requirement_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("field_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("link_expires", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("payment_id", sa.String(), nullable=True),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("waived_because", sa.String(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.message_id"], name=op.f("fk_requirements_message_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.payment_id"], name=op.f("fk_requirements_payment_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.registration_id"], name=op.f("fk_requirements_registration_id")
        ),
        sa.PrimaryKeyConstraint("requirement_id", name=op.f("pk_requirements")),
        sa.UniqueConstraint("link", name=op.f("uq_requirements_link")),
    )
    op.create_index(op.f("ix_requirements_message_id"), "requirements", ["message_id"], unique=False)
    op.create_index(
        op.f("ix_requirements_registration_id_field_id"), "requirements", ["registration_id", "field_id"], unique=True
    )
    op.create_index(
        op.f("ix_requirements_status_created"),
        "requirements",
        ["status", "created"],
        unique=False,
        sqlite_where=sa.text("status IN ('open', 'submitted')"),
        postgresql_where=sa.text("status IN ('open', 'submitted')"),
    )

    op.create_table(
        "permitted_accounts",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("requirement_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name=op.f("fk_permitted_accounts_client_id")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=op.f("fk_permitted_accounts_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirements.requirement_id"], name=op.f("fk_permitted_accounts_requirement_id")
        ),
        sa.PrimaryKeyConstraint("client_id", "customer_key", "account_id", name=op.f("pk_permitted_accounts")),
    )
    op.create_index(op.f("ix_permitted_accounts_customer_id"), "permitted_accounts", ["customer_id"], unique=False)
    op.create_index(
        op.f("ix_permitted_accounts_requirement_id"),
        "permitted_accounts",
        ["requirement_id"],
        unique=False,
        sqlite_where=sa.text("requirement_id IS NOT NULL"),
        postgresql_where=sa.text("requirement_id IS NOT NULL"),
    )

    op.create_table(
        "authorization_requests",
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("request_uri_hash", sa.String(), nullable=True),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("session_hash", sa.String(), nullable=True),
        sa.Column("draft", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("decided", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("grant_id", sa.String(), nullable=True),
        sa.Column("outcome_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name=op.f("fk_authorization_requests_client_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.grant_id"], name=op.f("fk_authorization_requests_grant_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_authorization_requests")),
        sa.UniqueConstraint("request_uri_hash", name=op.f("uq_authorization_requests_request_uri_hash")),
    )
    op.create_index(op.f("ix_authorization_requests_expires"), "authorization_requests", ["expires"], unique=False)

    op.create_table(
        "contact_codes",
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("used", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_contact_codes")),
    )
    op.create_index(op.f("ix_contact_codes_expires"), "contact_codes", ["expires"], unique=False)

    op.create_table(
        "codes",
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("redirect_uri_sent", sa.Boolean(), nullable=False),
        sa.Column("code_challenge", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("used", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.client_id"], name=op.f("fk_codes_client_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.grant_id"], name=op.f("fk_codes_grant_id")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_codes")),
    )
    op.create_index(op.f("ix_codes_expires"), "codes", ["expires"], unique=False)
    op.create_index(op.f("ix_codes_grant_id"), "codes", ["grant_id"], unique=False)

    op.create_table(
        "email_codes",
        sa.Column("requirement_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirements.requirement_id"], name=op.f("fk_email_codes_requirement_id")
        ),
        sa.PrimaryKeyConstraint("requirement_id", name=op.f("pk_email_codes")),
    )
    op.create_table(
        "grant_reads",
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("listing", sa.String(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("objects", sa.Integer(), nullable=False),
        sa.Column("earliest", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("latest", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("last", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("folded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.grant_id"], name=op.f("fk_grant_reads_grant_id")),
        sa.PrimaryKeyConstraint("grant_id", "hour", "listing", name=op.f("pk_grant_reads")),
    )
    op.create_index(
        op.f("ix_grant_reads_hour"),
        "grant_reads",
        ["hour"],
        unique=False,
        sqlite_where=sa.text("folded = 0"),
        postgresql_where=sa.text("NOT folded"),
    )
    op.create_table(
        "grant_replacements",
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("replaced_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.grant_id"], name=op.f("fk_grant_replacements_grant_id")),
        sa.ForeignKeyConstraint(["replaced_id"], ["grants.grant_id"], name=op.f("fk_grant_replacements_replaced_id")),
        sa.PrimaryKeyConstraint("grant_id", "replaced_id", name=op.f("pk_grant_replacements")),
    )
    op.create_index(op.f("ix_grant_replacements_replaced_id"), "grant_replacements", ["replaced_id"], unique=False)

    op.create_table(
        "receipts",
        sa.Column("path_hash", sa.String(), nullable=False),
        sa.Column("path_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("confirmation", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("stated", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=op.f("fk_receipts_customer_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.grant_id"], name=op.f("fk_receipts_grant_id")),
        sa.PrimaryKeyConstraint("path_hash", name=op.f("pk_receipts")),
        sa.UniqueConstraint("confirmation", name=op.f("uq_receipts_confirmation")),
    )
    op.create_index(op.f("ix_receipts_grant_id"), "receipts", ["grant_id"], unique=False)
    op.create_index(op.f("ix_receipts_created"), "receipts", ["created"], unique=False)

    op.create_table(
        "server_files",
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("mime_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("withdrawn", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.grant_id"], name=op.f("fk_server_files_grant_id")),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_server_files")),
    )
    op.create_index(
        op.f("ix_server_files_grant_id_modified_file_id"),
        "server_files",
        ["grant_id", "modified", "file_id"],
        unique=False,
    )

    if op.get_bind().dialect.name == "postgresql":
        # Payloads are compressed already: long ones are moved aside without trying again.
        op.execute("ALTER TABLE usage_blocks ALTER COLUMN payload SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE usage_blocks_past ALTER COLUMN payload SET STORAGE EXTERNAL")
        # Every series is marked as synced every day: half a page is left for that, so that no index has to follow.
        op.execute("ALTER TABLE usage_series SET (fillfactor = 50)")

    op.create_table(
        "aggregations",
        sa.Column("aggregation_id", sa.String(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("aggregation_number", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("lists", sa.Text(), nullable=False),
        sa.Column("published", sa.Text(), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("regions", sa.Text(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("synced", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["aggregations.aggregation_id"], name=op.f("fk_aggregations_parent_id")),
        sa.PrimaryKeyConstraint("aggregation_id", name=op.f("pk_aggregations")),
        sa.UniqueConstraint("aggregation_number", name=op.f("uq_aggregations_aggregation_number")),
    )
    op.create_index(
        op.f("ix_aggregations_modified_aggregation_id"), "aggregations", ["modified", "aggregation_id"], unique=False
    )
    op.create_index(op.f("ix_aggregations_parent_id_part"), "aggregations", ["parent_id", "part"], unique=False)

    op.create_table(
        "aggregation_members",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("aggregation_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["aggregation_id"], ["aggregations.aggregation_id"], name=op.f("fk_aggregation_members_aggregation_id")
        ),
        sa.PrimaryKeyConstraint(
            "customer_key", "aggregation_id", "kind", "object_id", "since", name=op.f("pk_aggregation_members")
        ),
    )
    op.create_index(
        op.f("ix_aggregation_members_aggregation_id_kind_object_id"),
        "aggregation_members",
        ["aggregation_id", "kind", "object_id"],
        unique=False,
    )

    op.create_table(
        "aggregation_readers",
        sa.Column("aggregation_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("members", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["aggregation_id"], ["aggregations.aggregation_id"], name=op.f("fk_aggregation_readers_aggregation_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.registration_id"], name=op.f("fk_aggregation_readers_registration_id")
        ),
        sa.PrimaryKeyConstraint("aggregation_id", "registration_id", name=op.f("pk_aggregation_readers")),
    )

    op.create_table(
        "aggregation_answers",
        sa.Column("aggregation_id", sa.String(), nullable=False),
        sa.Column("period_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("members_at", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["aggregation_id"], ["aggregations.aggregation_id"], name=op.f("fk_aggregation_answers_aggregation_id")
        ),
        sa.PrimaryKeyConstraint(
            "aggregation_id", "period_start", "registration_id", name=op.f("pk_aggregation_answers")
        ),
    )
    op.create_index(op.f("ix_aggregation_answers_period_start"), "aggregation_answers", ["period_start"], unique=False)

    op.create_table(
        "device_polls",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asked", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("round_trip", sa.Integer(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("first", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("last", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("customer_key", "site_id", "number", name=op.f("pk_device_polls")),
    )
    op.create_index(op.f("ix_device_polls_asked"), "device_polls", ["asked"], unique=False)
    op.create_index(
        op.f("ix_device_polls_customer_key_site_id_last"),
        "device_polls",
        ["customer_key", "site_id", "last"],
        unique=False,
    )
    op.create_table(
        "device_sites",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("account_key", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("meters", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("read_through", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("repair_from", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("repair_due", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("polls", sa.Integer(), nullable=False),
        sa.Column("asked", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("answered", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("measured", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("alarmed", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("customer_key", "site_id", name=op.f("pk_device_sites")),
    )
    op.create_index(op.f("ix_device_sites_created_site_id"), "device_sites", ["created", "site_id"], unique=False)
    op.create_index(op.f("ix_device_sites_site_id"), "device_sites", ["site_id"], unique=False)
    op.create_index(op.f("ix_device_sites_status_due"), "device_sites", ["status", "due"], unique=False)
    op.create_table(
        "platform_accounts",
        sa.Column("account_key", sa.String(), nullable=False),
        sa.Column("rested", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("account_key", name=op.f("pk_platform_accounts")),
    )
    op.create_table(
        "site_devices",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("measured", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("customer_key", "site_id", "device_id", name=op.f("pk_site_devices")),
    )
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("challenge", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("former", sa.LargeBinary(), nullable=True),
        sa.Column("former_until", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.registration_id"], name=op.f("fk_webhooks_registration_id")
        ),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhooks")),
    )
    op.create_index(
        op.f("ix_webhooks_registration_id_created_webhook_id"),
        "webhooks",
        ["registration_id", "created", "webhook_id"],
        unique=False,
    )

    op.create_table(
        "news",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("news_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=True),
        sa.Column("client_name", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("customer_key", "news_id", name=op.f("pk_news")),
    )
    op.create_index(op.f("ix_news_customer_key_at_news_id"), "news", ["customer_key", "at", "news_id"], unique=False)
    op.create_index(op.f("ix_news_grant_id_kind"), "news", ["grant_id", "kind"], unique=False)
    op.create_table(
        "unwanted_mails",
        sa.Column("customer_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("customer_key", "kind", name=op.f("pk_unwanted_mails")),
    )
    op.create_table(
        "arrivals",
        sa.Column("arrival", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("value_type", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("arrival", name=op.f("pk_arrivals")),
    )


def downgrade() -> None:
    op.drop_table("site_devices")
    op.drop_table("platform_accounts")
    op.drop_index(op.f("ix_device_sites_status_due"), "device_sites")
    op.drop_index(op.f("ix_device_sites_site_id"), "device_sites")
    op.drop_index(op.f("ix_device_sites_created_site_id"), "device_sites")
    op.drop_table("device_sites")
    op.drop_index(op.f("ix_device_polls_customer_key_site_id_last"), "device_polls")
    op.drop_index(op.f("ix_device_polls_asked"), "device_polls")
    op.drop_table("device_polls")

    op.drop_table("arrivals")
    op.drop_table("unwanted_mails")
    op.drop_index(op.f("ix_news_grant_id_kind"), "news")
    op.drop_index(op.f("ix_news_customer_key_at_news_id"), "news")
    op.drop_table("news")
    op.drop_index(op.f("ix_webhooks_registration_id_created_webhook_id"), "webhooks")

    op.drop_table("webhooks")
    op.drop_index(op.f("ix_aggregation_answers_period_start"), "aggregation_answers")

    op.drop_table("aggregation_answers")
    op.drop_table("aggregation_readers")
    op.drop_index(op.f("ix_aggregation_members_aggregation_id_kind_object_id"), "aggregation_members")

    op.drop_table("aggregation_members")
    op.drop_index(op.f("ix_aggregations_parent_id_part"), "aggregations")
    op.drop_index(op.f("ix_aggregations_modified_aggregation_id"), "aggregations")

    op.drop_table("aggregations")
    op.drop_index(op.f("ix_server_files_grant_id_modified_file_id"), "server_files")

    op.drop_table("server_files")
    op.drop_index(op.f("ix_receipts_created"), "receipts")
    op.drop_index(op.f("ix_receipts_grant_id"), "receipts")

    op.drop_table("receipts")
    op.drop_index(op.f("ix_grant_replacements_replaced_id"), "grant_replacements")

    op.drop_table("grant_replacements")
    op.drop_index(
        op.f("ix_grant_reads_hour"),
        "grant_reads",
        sqlite_where=sa.text("folded = 0"),
        postgresql_where=sa.text("NOT folded"),
    )
    op.drop_table("grant_reads")
    op.drop_table("email_codes")
    op.drop_index(op.f("ix_codes_grant_id"), "codes")
    op.drop_index(op.f("ix_codes_expires"), "codes")

    op.drop_table("codes")

    op.drop_index(op.f("ix_contact_codes_expires"), "contact_codes")
    op.drop_table("contact_codes")
    op.drop_index(op.f("ix_authorization_requests_expires"), "authorization_requests")

    op.drop_table("authorization_requests")
    op.drop_index(op.f("ix_permitted_accounts_requirement_id"), "permitted_accounts")
    op.drop_index(op.f("ix_permitted_accounts_customer_id"), "permitted_accounts")

    op.drop_table("permitted_accounts")
    op.drop_index(
        op.f("ix_requirements_status_created"),
        "requirements",
        sqlite_where=sa.text("status IN ('open', 'submitted')"),
        postgresql_where=sa.text("status IN ('open', 'submitted')"),
    )
    op.drop_index(op.f("ix_requirements_registration_id_field_id"), "requirements")
    op.drop_index(op.f("ix_requirements_message_id"), "requirements")

    op.drop_table("requirements")
    op.drop_table("message_attachments")
    op.drop_index(op.f("ix_ticket_news_received"), "ticket_news")
    op.drop_table("ticket_news")
    op.drop_index(op.f("ix_tickets_ticket_id"), "tickets")
    op.drop_table("tickets")
    op.drop_index(op.f("ix_grants_registration_id_modified_grant_id"), "grants")
    op.drop_index(op.f("ix_grants_parent_id"), "grants")
    op.drop_index(
        op.f("ix_grants_not_before"),
        "grants",
        sqlite_where=sa.text("status = 'future'"),
        postgresql_where=sa.text("status = 'future'"),
    )
    op.drop_index(
        op.f("ix_grants_expires"),
        "grants",
        sqlite_where=sa.text("expires IS NOT NULL"),
        postgresql_where=sa.text("expires IS NOT NULL"),
    )
    op.drop_index(op.f("ix_grants_customer_id_created"), "grants")
    op.drop_index(
        op.f("ix_grants_created_grant_id"),
        "grants",
        sqlite_where=sa.text("status = 'pending' AND customer_id IS NULL"),
        postgresql_where=sa.text("status = 'pending' AND customer_id IS NULL"),
    )
    op.drop_index(op.f("ix_grants_client_id"), "grants")
    op.drop_index(
        op.f("ix_grants_admin_of"),
        "grants",
        sqlite_where=sa.text("admin_of IS NOT NULL"),
        postgresql_where=sa.text("admin_of IS NOT NULL"),
    )

    op.drop_index("ix_grants_loading", "grants")
    op.drop_index("ix_grants_ended", "grants")
    op.drop_table("grants")
    op.drop_index(op.f("ix_credentials_registration_id_modified_credential_id"), "credentials")
    op.drop_index(op.f("ix_credentials_client_id"), "credentials")

    op.drop_table("credentials")
    op.drop_index(op.f("ix_sessions_expires"), "sessions")
    op.drop_index(op.f("ix_sessions_customer_id"), "sessions")

    op.drop_table("sessions")
    op.drop_index(op.f("ix_provisioned_kind_modified_external_id"), "provisioned")
    op.drop_index(op.f("ix_provisioned_kind_above"), "provisioned")
    op.drop_index(op.f("ix_provisioned_customer_id"), "provisioned")

    op.drop_table("provisioned")
    op.drop_index(op.f("ix_provisioning_uploads_expires"), "provisioning_uploads")

    op.drop_table("provisioning_uploads")
    op.drop_index(op.f("ix_payments_registration_id_created"), "payments")

    op.drop_table("payments")
    op.drop_index(op.f("ix_operator_tokens_expires"), "operator_tokens")
    op.drop_index(op.f("ix_operator_tokens_client_id"), "operator_tokens")

    op.drop_table("operator_tokens")
    op.drop_index(op.f("ix_operator_sessions_username"), "operator_sessions")
    op.drop_index(op.f("ix_operator_sessions_expires"), "operator_sessions")

    op.drop_table("operator_sessions")
    op.drop_index(op.f("ix_messages_registration_id_read_modified_message_id"), "messages")
    op.drop_index(
        op.f("ix_messages_registration_id_modified_message_id"),
        "messages",
        sqlite_where=sa.text("status IN ('open', 'pending')"),
        postgresql_where=sa.text("status IN ('open', 'pending')"),
    )
    op.drop_index(op.f("ix_messages_previous_id"), "messages")
    op.drop_index(
        op.f("ix_messages_modified_message_id"),
        "messages",
        sqlite_where=sa.text("status IN ('open', 'pending')"),
        postgresql_where=sa.text("status IN ('open', 'pending')"),
    )

    op.drop_table("messages")
    op.drop_index(op.f("ix_logins_customer_id"), "logins")

    op.drop_table("logins")
    op.drop_table("late_data")
    op.drop_table("object_versions")
    op.drop_index(op.f("ix_clients_registration_id_modified_client_id"), "clients")

    op.drop_table("clients")
    op.drop_index(op.f("ix_usage_series_customer_key_segment_key"), "usage_series")

    op.drop_table("usage_series")
    op.drop_table("usage_blocks_past")
    op.drop_table("usage_blocks")
    op.drop_index(op.f("ix_tokens_grant_id"), "tokens")
    op.drop_index(op.f("ix_tokens_expires"), "tokens")
    op.drop_index(op.f("ix_tokens_credential_id"), "tokens")
    op.drop_index(op.f("ix_tokens_code_hash"), "tokens")

    op.drop_table("tokens")
    op.drop_index(op.f("ix_service_points_service_point_id"), "service_points")

    op.drop_index(op.f("ix_service_points_servicepoint_number"), "service_points")
    op.drop_index(op.f("ix_service_points_modified_service_point_id"), "service_points")
    op.drop_index(op.f("ix_service_points_customer_key_modified_service_point_id"), "service_points")
    op.drop_table("service_points")
    op.drop_index(op.f("ix_supply_mixes_external_tariff_id"), "supply_mixes")
    op.drop_table("supply_mixes")
    op.drop_table("contract_tariffs")
    op.drop_table("tariffs")
    op.drop_index(op.f("ix_service_contracts_customer_key_account_id"), "service_contracts")
    op.drop_index(op.f("ix_service_contracts_contract_id"), "service_contracts")

    op.drop_index(op.f("ix_service_contracts_rateplan_code"), "service_contracts")
    op.drop_index(op.f("ix_service_contracts_contract_number"), "service_contracts")
    op.drop_index(op.f("ix_service_contracts_modified_contract_id"), "service_contracts")
    op.drop_index(op.f("ix_service_contracts_customer_key_modified_contract_id"), "service_contracts")
    op.drop_table("service_contracts")
    op.drop_table("service_accounts")
    op.drop_index("ix_served_contracts_by_contract", "served_contracts")
    op.drop_table("served_contracts")
    op.drop_table("registrations")
    op.drop_index(op.f("ix_rate_counts_started"), "rate_counts")

    op.drop_table("rate_counts")
    op.drop_table("published_documents")
    op.drop_table("operators")
    op.drop_index("ix_meter_installations_by_service_point", "meter_installations")
    op.drop_table("meter_installations")
    op.drop_index(op.f("ix_meter_devices_meter_device_id"), "meter_devices")

    op.drop_index(op.f("ix_meter_devices_meter_number"), "meter_devices")
    op.drop_index(op.f("ix_meter_devices_modified_meter_device_id"), "meter_devices")
    op.drop_index(op.f("ix_meter_devices_customer_key_modified_meter_device_id"), "meter_devices")
    op.drop_table("meter_devices")
    op.drop_index(op.f("ix_outbox_status_created_outbox_id"), "outbox")
    op.drop_index(op.f("ix_outbox_recipient_created_outbox_id"), "outbox")
    op.drop_index(op.f("ix_outbox_recipient_status_due"), "outbox")
    op.drop_index(op.f("ix_outbox_channel_status_due"), "outbox")

    op.drop_table("outbox")
    op.drop_table("login_failures")
    op.drop_index(op.f("ix_eac_beneficiaries_eac_id"), "eac_beneficiaries")

    op.drop_table("eac_beneficiaries")
    op.drop_table("eacs")
    op.drop_table("sources")
    op.drop_index(op.f("ix_delta_files_feed_digest"), "delta_files")

    op.drop_table("delta_files")
    op.drop_table("delta_feeds")
    op.drop_index(op.f("ix_deliveries_looked_at_delivery_id"), "deliveries")

    op.drop_table("deliveries")
    op.drop_table("daily_counts")
    op.drop_table("customers")
    op.drop_index("ix_bill_statements_newest", "bill_statements")
    op.drop_index(op.f("ix_bill_statements_statement_date_modified_bill_statement_id"), "bill_statements")
    op.drop_index(op.f("ix_bill_statements_customer_key_account_id_statement_date"), "bill_statements")

    op.drop_table("bill_statements")
    op.drop_table("bill_sections")
    op.drop_index(op.f("ix_audit_entries_subject_at_entry_id"), "audit_entries")
    op.drop_index(op.f("ix_audit_entries_at_entry_id"), "audit_entries")

    op.drop_table("audit_entries")
    op.drop_index(op.f("ix_accounts_account_number"), "accounts")
    op.drop_index(op.f("ix_accounts_account_id"), "accounts")

    op.drop_index(op.f("ix_accounts_customer_key_parent_id"), "accounts")
    op.drop_index(op.f("ix_accounts_modified_account_id"), "accounts")
    op.drop_index(op.f("ix_accounts_customer_key_modified_account_id"), "accounts")
    op.drop_table("accounts")

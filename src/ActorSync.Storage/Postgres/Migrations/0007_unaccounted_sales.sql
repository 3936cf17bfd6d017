-- Migration 0007 (PostgreSQL), issue 3: since when each product has a sale that the stock's origin has not accounted for. Required. Runs once.

ALTER TABLE product ADD COLUMN unaccounted_since timestamptz;

CREATE INDEX ix_product_unaccounted ON product (tenant, unaccounted_since, id) WHERE unaccounted_since IS NOT NULL;

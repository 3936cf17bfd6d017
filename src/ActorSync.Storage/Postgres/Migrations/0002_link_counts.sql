-- Migration 0002 (PostgreSQL), issue 2: counts of a channel's links without reading the links (their rows carry documents). Required. Runs once.

CREATE INDEX ix_channel_link_channel ON channel_link (channel, status, plan_kind);
CREATE INDEX ix_channel_link_undecided ON channel_link (channel) WHERE undecided IS NOT NULL;
CREATE INDEX ix_channel_link_failing ON channel_link (channel) WHERE attempts >= 3;

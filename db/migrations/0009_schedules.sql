-- When each account may work, and how fast, where the operator says something of it.
create table stash_account_schedules (
  "accountId" text not null primary key references "telegram_accounts" ("id") on delete cascade on update cascade,
  -- Set: paused since then. The account stays logged in and begins nothing.
  "pausedAt" timestamptz,
  -- What is not being uploaded when the pause comes is dropped instead of finished.
  "pauseInterrupts" boolean not null default false,
  -- As STASH_QUIET_HOURS, or 'none'; null: as that says.
  "quietHours" text,
  -- Megabits a second; null: no limit of its own.
  "maxDownloadMbit" double precision check ("maxDownloadMbit" > 0),
  "maxUploadMbit" double precision check ("maxUploadMbit" > 0)
);

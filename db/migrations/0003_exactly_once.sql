-- How far each destination was looked through for messages that are one too many. Ids only grow, so a late one lies after.
create table stash_sweeps (
  "destChannelId" text not null primary key references "telegram_channels" ("id") on delete cascade on update cascade,
  "sweptThrough" bigint not null,
  "sweptAt" timestamptz not null default now()
);

-- For installations that another worker began.

-- The app's own migrations say so; on a database of ours the column could be null.
do $$ begin
  if exists (
    select from pg_attribute where attrelid = '"packages"'::regclass and attname = 'tags' and not attnotnull
  ) then
    update "packages" set "tags" = '{}' where "tags" is null;
    alter table "packages" alter column "tags" set not null, alter column "tags" set default '{}';
  end if;
end $$;

-- Indexes on the app's tables. They keep writers (not readers) of "packages" waiting while they are built: two seconds with
-- 200,000 packages, and at an adoption nobody writes but the app. "package_files", which has millions of rows, gets none.

-- Whose message is this?
create index if not exists stash_packages_message on "packages" ("destMessageId") where "destMessageId" is not null;
-- (Without a list of pending entries, which would make the planner prefer to read the whole table after many writes.)
create index if not exists stash_packages_messages on "packages" using gin ("destMessageIds") with (fastupdate = off);
-- A run that is deleted is taken from its packages.
create index if not exists stash_packages_run on "packages" ("ingestionRunId") where "ingestionRunId" is not null;

-- `stash why` by name; what an account has worked on, which also goes with it.
create index stash_claims_name on stash_claims ("setName");
create index stash_claims_of on stash_claims ("accountId");

-- Which packages are to be looked for in their destination next: every published one has a row, from its first day on.
alter table stash_package_checks add column "destChannelId" text;
create index stash_package_checks_due on stash_package_checks ("destChannelId", "checkedAt") where "destChannelId" is not null;

create or replace function stash_watch_package() returns trigger language plpgsql as $$
begin
  if new."destMessageId" is null or new."destChannelId" is null then
    update stash_package_checks set "destChannelId" = null where "packageId" = new."id";
  else
    insert into stash_package_checks ("packageId", "destChannelId", "checkedAt")
    values (new."id", new."destChannelId", new."indexedAt" at time zone 'UTC')
    on conflict ("packageId") do update set "destChannelId" = excluded."destChannelId";
  end if;
  return null;
end $$;
-- Whoever writes a package: this worker, the app, or the former worker, should one go back to it.
drop trigger if exists stash_packages_watched on "packages";
create trigger stash_packages_watched after insert or update of "destMessageId", "destChannelId" on "packages"
  for each row execute function stash_watch_package();

insert into stash_package_checks as k ("packageId", "destChannelId", "checkedAt")
select "id", "destChannelId", "indexedAt" at time zone 'UTC' from "packages"
where "destMessageId" is not null and "destChannelId" is not null
on conflict ("packageId") do update set "destChannelId" = excluded."destChannelId";

-- How far the former worker came in each topic of a forum, where it kept no mark of the whole: what lies before it was looked at.
-- Topics are named by TDLib's message id of their first message. Written once, when this worker begins to read the forum;
-- later the topics' own marks are this worker's notes for the app, and say no more than the mark of the whole.
create table stash_topic_floors (
  "mapId" text not null references "account_channel_map" ("id") on delete cascade on update cascade,
  "topicId" bigint not null,
  "floor" bigint not null,
  primary key ("mapId", "topicId")
);

create or replace function stash_take_topics() returns trigger language plpgsql as $$
begin
  insert into stash_topic_floors ("mapId", "topicId", "floor")
  select "accountChannelMapId", "topicId", "lastProcessedMessageId" from "topic_progress"
  where "accountChannelMapId" = new."mapId" and "lastProcessedMessageId" is not null
  on conflict do nothing;
  return null;
end $$;
create trigger stash_sources_begun after insert on stash_source_states
  for each row execute function stash_take_topics();

-- As in 0011; what is to be looked at again is so in the topics too.
create or replace function stash_note_mark() returns trigger language plpgsql as $$
begin
  if new."lastProcessedMessageId" is null or new."lastProcessedMessageId" <= old."lastProcessedMessageId" then
    update stash_source_states
    set "floor" = least("floor", stash_between_sets(new."channelId", coalesce(new."lastProcessedMessageId", 0))),
        "low" = null, "high" = null, "epoch" = "epoch" + 1
    where "mapId" = new."id";
    update stash_topic_floors set "floor" = least("floor", coalesce(new."lastProcessedMessageId", 0)) where "mapId" = new."id";
  end if;
  return null;
end $$;

-- Rows of tables that a worker has nothing to do with, but for what they point to.
insert into "bot_subscriptions" ("id", "telegramUserId", "pattern", "createdAt") values ('subscription1', 123456789, 'dragon', '2026-04-01');
insert into "kickstarter_hosts" ("id", "name", "createdAt") values ('host1', 'A host', '2026-04-01');
insert into "kickstarters" ("id", "name", "hostId", "userId", "createdAt", "updatedAt") values ('kickstarter1', 'Dragons', 'host1', 'user1', '2026-04-01', '2026-04-01');
insert into "kickstarter_packages" ("kickstarterId", "packageId") select 'kickstarter1', 'package' || n from generate_series(10, 15) n;

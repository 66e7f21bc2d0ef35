-- What the former worker made of old RAR sets: it joined their volumes in an order of its own, and named them by their .r00,
-- as nobody else does. There are few, so this index is small, and asked for every such set that comes.
create index if not exists stash_packages_former_rar on "packages" ("fileSize") where "fileName" ~* '\.r[0-9]{2,}$';

-- The app is told once of each package that a rule would have put elsewhere.
create index if not exists stash_notifications_conflict on "system_notifications" (("context"->>'packageId'))
  where "type" = 'GROUPING_CONFLICT';

-- Why an account was begun anew last, and when: what it does afterwards says nothing of that any more.
alter table stash_account_states
  add column "restartReason" text,
  add column "restartedAt" timestamptz;

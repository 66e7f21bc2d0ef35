import { Schema } from "effect"

/** Thrown when: the database does not answer; what was asked for is there again when it does. */
export class LibraryAway extends Schema.TaggedError<LibraryAway>()(
  "LibraryAway",
  { message: Schema.String },
  { httpApiStatus: 503 },
) {}

/** Thrown when: as many follow the status as may. */
export class TooManyFollowers extends Schema.TaggedError<TooManyFollowers>()(
  "TooManyFollowers",
  { message: Schema.String },
  { httpApiStatus: 429 },
) {}

/** Thrown when: there is no such account, channel or package (any more). */
export class NotThere extends Schema.TaggedError<NotThere>()(
  "NotThere",
  { message: Schema.String },
  { httpApiStatus: 404 },
) {}

/** Thrown when: what was asked for cannot be done as things are; the text says why, and what would help. */
export class Refused extends Schema.TaggedError<Refused>()(
  "Refused",
  { message: Schema.String },
  { httpApiStatus: 409 },
) {}

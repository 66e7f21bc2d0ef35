/** Where the actor's thread begins: how modules are loaded has to be said before the first of them is. */
import { loadWithoutDocumentation } from "./light-modules.ts"

loadWithoutDocumentation()
await import("./actor.ts")

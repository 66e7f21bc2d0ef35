/** Loads the TDLib named by the first argument and prints its version: a process of its own, which TDLib may abort. */
import * as tdl from "tdl"

const [library = ""] = process.argv.slice(2)
tdl.configure({ tdjson: library, verbosityLevel: 0 })
const answer = tdl.execute({ _: "getOption", name: "version" })
if (answer?._ !== "optionValueString") throw new Error("TDLib does not say its version")
process.stdout.write(answer.value)

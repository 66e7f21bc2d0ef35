import { describe, expect, it } from "vitest"
import { defaultWorld } from "./default-world.ts"
import { startSandbox } from "./sandbox.ts"
import { SandboxProcess } from "./testing/sandbox-process.ts"
import { TdlibProcess } from "./testing/tdlib-process.ts"
import { temporaryDirectory } from "./testing/temporary-directory.ts"
import { welcome } from "./welcome.ts"

describe("The command", () => {
  it("has a world of its own that TDLib can log in to when none is given", async () => {
    await using directory = await temporaryDirectory()
    await using sandbox = await SandboxProcess.start()
    const { library, loginCode, telegramPort } = sandbox.ready
    await using tdlib = new TdlibProcess({ library, port: telegramPort, directory: directory.path })
    expect((await tdlib.logIn(defaultWorld.accounts[0]?.phone ?? "", loginCode)).first_name).toBe("Alice")
    await tdlib.loadAllChats()
    const found = await tdlib.invoke({ _: "searchPublicChat", username: "sandbox_library" })
    expect(found.title).toBe("Library")
    expect(tdlib.errorLines).toEqual([])
  })

  it("ends by itself after the seconds that it was given, with 0", async () => {
    await using sandbox = await SandboxProcess.start("--seconds", "1")
    expect(await sandbox.ended()).toEqual([0, null])
  })
})

describe("What is printed on a terminal", () => {
  it("names every account with its code, and where everything is", async () => {
    await using sandbox = await startSandbox({ world: defaultWorld })
    const text = welcome(defaultWorld, sandbox)
    for (const { firstName, phone } of defaultWorld.accounts)
      expect(text).toContain(`${phone}  ${firstName}, code 12345`)
    expect(text).toContain(sandbox.controlUrl)
    expect(text).toContain(`port: ${sandbox.endpoint.port}`)
    expect(text).toContain(sandbox.endpoint.library)
  })
})

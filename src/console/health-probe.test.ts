import { execFile } from "node:child_process"
import { once } from "node:events"
import { writeFile } from "node:fs/promises"
import { createServer, type RequestListener } from "node:http"
import { type AddressInfo, createServer as createTcpServer } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it, onTestFinished } from "vitest"
import { temporaryDirectory } from "../sandbox/testing/temporary-directory.ts"
import { probeHealth } from "./health-probe.ts"

const serve = async (answer: RequestListener): Promise<string> => {
  const server = createServer(answer).listen(0, "127.0.0.1")
  onTestFinished(() => void server.close())
  await once(server, "listening")
  return String((server.address() as AddressInfo).port)
}

/** A port on which nobody listens, as its listener has just left. */
const closedPort = async (): Promise<string> => {
  const server = createTcpServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return String(port)
}

const live: RequestListener = (request, response) =>
  response.writeHead(request.url === "/health/live" ? 200 : 404).end('{"status":"live","reasons":[]}')

describe("the container's health probe", () => {
  it("is content when the worker is live", async () => {
    const finding = await probeHealth({ STASH_CONSOLE_PORT: await serve(live) })
    expect(finding).toEqual({ isHealthy: true, said: '200 {"status":"live","reasons":[]}' })
  })

  it("says why when the worker is not", async () => {
    const port = await serve((_, response) => response.writeHead(503).end('{"reasons":["the loop has ended"]}'))
    const finding = await probeHealth({ STASH_CONSOLE_PORT: port })
    expect(finding).toEqual({ isHealthy: false, said: '503 {"reasons":["the loop has ended"]}' })
  })

  it("finds silence unhealthy", async () => {
    const { isHealthy, said } = await probeHealth({ STASH_CONSOLE_PORT: await closedPort() })
    expect(isHealthy).toBe(false)
    expect(said).toContain("ECONNREFUSED")
  })

  it("asks on loopback where the console listens on every address", async () => {
    const port = await serve(live)
    for (const host of ["0.0.0.0", "::"])
      expect((await probeHealth({ STASH_CONSOLE_PORT: port, STASH_CONSOLE_HOST: host })).isHealthy).toBe(true)
  })

  it("shows the token, from the variable or from its file", async () => {
    const port = await serve((request, response) => response.end(request.headers.authorization))
    await using folder = await temporaryDirectory()
    const file = join(folder.path, "token")
    await writeFile(file, "0123456789abcdef\n")
    const tokens = [{ STASH_CONSOLE_TOKEN: "0123456789abcdef" }, { STASH_CONSOLE_TOKEN_FILE: file }]
    for (const token of tokens)
      expect((await probeHealth({ STASH_CONSOLE_PORT: port, ...token })).said).toBe("200 Bearer 0123456789abcdef")
  })

  it("does not call a worker without a console unhealthy", async () => {
    expect((await probeHealth({ STASH_CONSOLE_PORT: "off" })).isHealthy).toBe(true)
  })

  it("says as a program what it found, by its exit code too", async () => {
    const program = fileURLToPath(new URL("health-probe.ts", import.meta.url))
    const probe = (port: string) =>
      promisify(execFile)(process.execPath, [program], { env: { STASH_CONSOLE_PORT: port } })
    expect((await probe(await serve(live))).stdout).toBe('200 {"status":"live","reasons":[]}\n')
    await expect(probe(await closedPort())).rejects.toMatchObject({ code: 1 })
  })
})

import { readFileSync } from "node:fs"
import { HttpRouter, HttpServerResponse } from "effect/http"

/** What the page may do: nothing but run its own script and style, and ask this very server. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ")

/** By path; there is nothing of anybody in them, so they need no token. */
export const pageFiles = {
  "/": { file: "index.html", contentType: "text/html; charset=utf-8" },
  "/console.js": { file: "console.js", contentType: "text/javascript; charset=utf-8" },
  "/console.css": { file: "console.css", contentType: "text/css; charset=utf-8" },
} as const

/** The console's page: three files, as they are. */
export const layerPage = () =>
  HttpRouter.addAll(
    Object.entries(pageFiles).map(([path, { contentType, file }]) => {
      const text = readFileSync(new URL(`./page/${file}`, import.meta.url), "utf8")
      return HttpRouter.route(
        "GET",
        path as keyof typeof pageFiles,
        HttpServerResponse.text(text, { contentType, headers: { "content-security-policy": POLICY } }),
      )
    }),
  )

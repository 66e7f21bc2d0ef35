import type { RunActivity, RunCounters } from "../../db/runs.ts"
import type { CycleEvent, Stage } from "../../src/channel/account-rpcs.ts"

/** The app's words for our stages (the predecessor's `currentStep`), and what a person reads. */
const stageWords: Readonly<Record<Stage, { readonly step: string; readonly sentence: string }>> = {
  downloading: { step: "downloading", sentence: "Downloading" },
  hashing: { step: "hashing", sentence: "Digesting" },
  inspecting: { step: "reading_metadata", sentence: "Looking into" },
  uploading: { step: "uploading", sentence: "Uploading" },
  recording: { step: "indexing", sentence: "Recording" },
}

/** What a cycle does while no set is on its way. */
export type Beside = "connecting" | "scanning" | "complete"

const besideWords: Readonly<Record<Beside, string>> = {
  connecting: "Connecting",
  scanning: "Reading the sources",
  complete: "Tidying up",
}

const idle: RunActivity = {
  currentActivity: null,
  currentStep: null,
  currentChannel: null,
  currentFile: null,
  currentFileNum: null,
  totalFiles: null,
  downloadedBytes: null,
  totalBytes: null,
  downloadPercent: null,
}

interface ActiveSet {
  /** 1 for the first that was begun in this run. */
  readonly number: number
  readonly progress: Extract<CycleEvent, { readonly _tag: "SetProgress" }> | undefined
}

/**
 * What the app shows of a run, made of what the cycle tells. Several sets travel at once and the app shows one: the one
 * that was begun first of those that move.
 */
export class RunProgress {
  readonly #channelTitles: ReadonlyMap<string, string>
  /** By the ids of the channels' rows. */
  readonly #readings = new Map<string, { readonly messages: number; readonly sets: number }>()
  readonly #active = new Map<string, ActiveSet>()
  #begun = 0
  #published = 0
  #duplicate = 0
  #beside: Beside = "connecting"
  #reading: string | null = null

  /** `channelTitles`: by the ids of the channels' rows, with which set keys begin. */
  constructor(channelTitles: ReadonlyMap<string, string>) {
    this.#channelTitles = channelTitles
  }

  stand(beside: Beside): void {
    this.#beside = beside
    this.#reading = null
  }

  note(event: CycleEvent): void {
    switch (event._tag) {
      case "SourceReading":
        this.#readings.set(event.channelId, event)
        this.#reading = event.title
        return
      case "SourceScanned":
        this.#reading = null
        return
      case "SetStarted":
        if (this.#active.has(event.setKey)) return
        this.#begun += 1
        this.#active.set(event.setKey, { number: this.#begun, progress: undefined })
        return
      case "SetProgress": {
        const set = this.#active.get(event.setKey)
        if (set !== undefined) this.#active.set(event.setKey, { ...set, progress: event })
        return
      }
      case "SetLeft":
        if (event.outcome === "published") this.#published += 1
        if (event.outcome === "duplicate") this.#duplicate += 1
        this.#active.delete(event.setKey)
        return
      case "SetKnown":
        this.#active.delete(event.setKey)
        return
      case "SourceFailed":
        return
    }
  }

  get counters(): RunCounters {
    const readings = [...this.#readings.values()]
    return {
      messagesScanned: readings.reduce((sum, { messages }) => sum + messages, 0),
      zipsFound: this.#found,
      zipsDuplicate: this.#duplicate,
      zipsIngested: this.#published,
    }
  }

  get #found(): number {
    const seen = [...this.#readings.values()].reduce((sum, { sets }) => sum + sets, 0)
    return Math.max(seen, this.#begun)
  }

  get activity(): RunActivity {
    for (const [setKey, { number, progress }] of this.#active) {
      if (progress === undefined) continue
      const { doneBytes, name, stage, totalBytes } = progress
      const { sentence, step } = stageWords[stage]
      const percent = totalBytes === 0 ? 100 : Math.floor((100 * Math.min(doneBytes, totalBytes)) / totalBytes)
      return {
        currentActivity: `${sentence} ${name}`,
        currentStep: step,
        currentChannel: this.#channelTitles.get(setKey.slice(0, setKey.lastIndexOf(":"))) ?? null,
        currentFile: name,
        currentFileNum: number,
        totalFiles: this.#found,
        downloadedBytes: doneBytes,
        totalBytes,
        downloadPercent: percent,
      }
    }
    return {
      ...idle,
      currentActivity: this.#reading === null ? besideWords[this.#beside] : `Reading ${this.#reading}`,
      currentStep: this.#reading === null ? this.#beside : "scanning",
      currentChannel: this.#reading,
    }
  }
}

// What a run reads, by name: files of a store, or values in memory.

/** Clean documents of another corpus in a phase. */
export interface MixArtefacts
  extends Pick<PhaseArtefacts, 'tokens' | 'firstDocument' | 'documents' | 'prompts' | 'reserve'> {
  /** By poison of the phase: how often its trigger occurs in them. */
  readonly triggers: readonly string[];
}

/** What a phase reads of one poison. */
export interface PoisonArtefacts {
  /** Its documents, at least as many as the phase plants. */
  readonly documents: string;
  /** How often its trigger occurs in clean text. */
  readonly trigger: string;
  /** Clean documents of the phase into which its trigger is written; null where there are none. */
  readonly cleanTrigger: string | null;
}

/** What a phase reads. Names stand for what they depend on. */
export interface PhaseArtefacts {
  /** Tokenised training documents of the phase's corpus. */
  readonly tokens: string;
  /** The clean documents of the phase: the first of them, and their number. */
  readonly firstDocument: number;
  readonly documents: number;
  /** By clean document, its tokens that are a prompt; left out where the corpus has no prompts. */
  readonly prompts?: string;
  /** What is mixed into its clean text, in order; left out where nothing is. */
  readonly mix?: readonly MixArtefacts[];
  /** Of each of its poisons, in their order; none without poison. */
  readonly poisons: readonly PoisonArtefacts[];
  /** Trusted text that defences of the phase read; only where one does. */
  readonly trusted?: {
    /** Tokenised documents of the trusted split. */
    readonly tokens: string;
    /** The first of them. */
    readonly documents: number;
    /** By poison of the phase: documents of them into which its trigger is written, as into the phase's; null where none are. */
    readonly cleanTriggers: readonly (string | null)[];
  };
  /** Further clean documents, which take the place of what defences remove; only where there are defences. */
  readonly reserve?: {
    readonly firstDocument: number;
    readonly documents: number;
    readonly prompts?: string;
  };
}

/** What a run reads. Any process may make these; their content is the same. */
export interface RunArtefacts {
  readonly vocabulary: string;
  readonly evaluation: string;
  /** Weights that the first phase starts from, model.safetensors; left out: it starts from scratch. */
  readonly base?: string;
  /** By phase. */
  readonly phases: readonly PhaseArtefacts[];
  /** Contract versions and content hashes that entered the run's identity. */
  readonly contracts: Readonly<Record<string, string | number>>;
}

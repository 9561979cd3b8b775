export const RUNTIME_KINDS = ['docker', 'netns'] as const;
/** How the nodes of a lab are made: as containers of an engine, or as sets of namespaces. */
export type RuntimeKind = (typeof RUNTIME_KINDS)[number];

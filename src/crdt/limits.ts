// Every limit of the core with its unit and its reason. A change beyond one of them is refused by every replica
// alike, so raising one later needs a new wire version.

/** Bytes of one whole change: small enough to verify and apply within a frame of the screen. */
export const CHANGE_BYTES_MAX = 256 * 1024;
/** Ops in one change: bounds the work between two looks at the clock. */
export const CHANGE_OPS_MAX = 10_000;
/** Ops about people in one change: each may bring a key, and judging a key costs 1.5 ms. */
export const AUTHORITY_OPS_MAX = 16;
/** Sets of ops about people whose outcome is remembered: the pasts of changes that come at one time are few. */
export const ROLES_FOLDED_MAX = 64;
/** Changes that one op may take back in from what was set aside: heads of one person's branches. */
export const ADMITTED_HEADS_MAX = 16;
/** Changes that the retracts of one change may name: bounds the work before its verdict. */
export const RETRACTED_CHANGES_MAX = 10_000;
/** Changes and ops that one change may take back or bring back, by way of other retracts too: bounds the work after its
 * verdict, also for the owner, who has no quota. */
export const RETRACT_REACH_MAX = 1_000_000;
/** Parents of one change: an author with more heads writes empty merge changes first. */
export const PARENTS_MAX = 16;
/** UTF-16 code units in one run of inserted text. */
export const RUN_UNITS_MAX = 65_535;
/** Values in one run of inserted list items. */
export const RUN_VALUES_MAX = 4_096;
/** UTF-16 code units of the strings in one run that an honest list edit makes, so that it fits into a change. */
export const OWN_RUN_UNITS_MAX = 48 * 1024;
/** Dots or spans in one op that an honest edit makes: each may bring a reference of 32 bytes. */
export const OWN_NAMES_MAX = 2_000;
/** UTF-8 bytes of a map key. */
export const KEY_BYTES_MAX = 256;
/** UTF-8 bytes of one string value. */
export const STRING_BYTES_MAX = 64 * 1024;
/** Steps from the root to a node where it was made, and to an item that has others moved into it where it was moved: views
 * recurse no deeper than three times this. */
export const DEPTH_MAX = 64;
/** Bytes of one op of a kind this version does not know; it is kept, inert. */
export const UNKNOWN_OP_BYTES_MAX = 64 * 1024;
/** UTF-8 bytes of a person's name. */
export const NAME_BYTES_MAX = 128;
/** UTF-8 bytes of an invite's label. */
export const LABEL_BYTES_MAX = 128;
/** Top-level keys a policy may name for one role. */
export const POLICY_KEYS_MAX = 64;
/** Ops an editor may author in one document: a long book, typed key by key, several times over. */
export const EDITOR_OPS_MAX = 5_000_000;
/** Bytes of ops an editor may author in one document. */
export const EDITOR_BYTES_MAX = 64 * 1024 * 1024;
/** Ops that a device hands to one that it introduces: a tenth of an editor's. */
export const SHARE_OPS = 500_000;
/** Bytes of ops likewise. */
export const SHARE_BYTES = 6 * 1024 * 1024;
/** Bytes kept back for the body of an introduction, which counts against what is shared: key, signature, two numbers, and room. */
export const INTRODUCTION_BYTES = 256;
/** Changes of one source that may wait for their parents; one run may in any case. */
export const PENDING_CHANGES_MAX = 1_000;
/** Bytes of changes of one source that may wait for their parents; those of one run, which is bounded itself, in any case. */
export const PENDING_BYTES_MAX = 4 * 1024 * 1024;
/** Changes under one signature: whoever proves one of them sends those up to the signed one along. */
export const RUN_CHANGES_MAX = 4_096;
/** Bytes of bodies, and of parents that are written out, before the signed change of a run, for the same reason; the signed
 * one may have any size. */
export const RUN_BODY_BYTES_MAX = 64 * 1024;
/** Bytes of a proof that a device is two-faced: two of the longest runs that honest devices sign, as rows, and less than a
 * message. Of a fork that only longer runs would prove both branches go round as changes. */
export const FORK_BYTES_MAX = 768 * 1024;
/** Proofs that devices are two-faced in one file: more devices than any document has. */
export const FORKS_IN_FILE_MAX = 4_096;
/** Branches of one two-faced device that are taken in before anything of others stands on them: more than one comparison
 * names, and each costs every later one. */
export const BRANCHES_MAX = 5_000;
/** Ids of changes remembered that were left out for want of room, so that what others built on them is found again. */
export const LEFT_OUT_IDS_MAX = 65_536;
/** Refused change ids remembered, so that what is built on them is refused at once. */
export const REFUSED_IDS_MAX = 10_000;
/** Admitted public keys remembered: admission of a key costs 1.5 ms, a document has few authors. */
export const KEYS_REMEMBERED_MAX = 4_096;
/** Units typed or deleted in a row that are undone as one step; of fewer a step may end before a space. */
export const UNDO_STEP_UNITS_MAX = 200;
/** Units that come in one piece as no typing does: a step of their own. */
export const UNDO_PASTE_UNITS = 32;
/** Changes that are looked at for where a step began: bounds the work of one undo. */
export const UNDO_RUN_CHANGES_MAX = 4_096;
/** Steps of one list in one batch that are told one by one; of more, listeners hear that everything was replaced. */
export const LIST_STEPS_MAX = 1_000;
/** Bytes of a file that is opened: what a page can hold beside the document that is made of it. */
export const FILE_BYTES_MAX = 512 * 1024 * 1024;
/** Changes in one segment of a file: the longest stretch that is lost with one altered byte. */
export const SEGMENT_CHANGES_MAX = 262_144;
/** Bytes of one segment's columns, inflated: what a few altered bytes can make somebody set aside. */
export const SEGMENT_INFLATED_BYTES_MAX = 32 * 1024 * 1024;
/** Bytes of changes that are read from a file before a signature answers for them: who signs nothing gets no further. */
export const FILE_OPEN_BYTES_MAX = 64 * 1024 * 1024;
/** Bytes of one image of a replica: what is read, checked and copied before a text shows. Of more the log is replayed. */
export const IMAGE_BYTES_MAX = 128 * 1024 * 1024;
/** Numbers or bytes in one column of an image: what a few altered bytes can make somebody set aside. */
export const IMAGE_COLUMN_MAX = 64 * 1024 * 1024;

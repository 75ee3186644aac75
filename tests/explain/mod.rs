//! What belongs here: captures that others made. What tshark says of each segment, `explain` says too; damaged files
//! get a clear error, and no bytes whatever make the reader panic.

mod claims;
mod damage;
mod oracle;
mod rewrite;
mod samples;
mod worlds;

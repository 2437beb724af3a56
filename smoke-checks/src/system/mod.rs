//! What this process and its host have.

mod control_groups;
mod descriptors;
mod disk_space;
mod fresh_mount;
mod least;
mod memory;
mod writable_folder;

pub use descriptors::Descriptors;
pub use disk_space::DiskSpace;
pub use fresh_mount::FreshMount;
pub use memory::Memory;
pub use writable_folder::WritableFolder;

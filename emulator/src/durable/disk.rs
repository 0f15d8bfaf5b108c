//! Access to the disk. Tests replace it by a disk that becomes full.

use std::fs::File;
use std::io;
#[cfg(target_os = "linux")]
use std::io::IoSlice;
#[cfg(all(unix, not(target_os = "linux")))]
use std::os::unix::fs::FileExt as _;

/// Operations on the files of a directory.
pub(super) trait Disk: Send + Sync {
    /// Writes the bytes of the parts, one after the other, at an offset.
    fn write(&self, file: &File, parts: &[&[u8]], offset: u64) -> io::Result<()>;

    /// Reserves space, without changing the size of the file.
    fn reserve(&self, file: &File, offset: u64, length: u64) -> io::Result<()>;

    /// Waits until all written bytes are on the disk.
    fn sync(&self, file: &File) -> io::Result<()>;
}

/// Maximum number of parts that a system call of Linux writes (`IOV_MAX`).
#[cfg(target_os = "linux")]
const MAX_PARTS: usize = 1024;

/// The disk of the machine.
pub(super) struct Machine;

impl Disk for Machine {
    // One system call, if possible, because each one updates the inode.
    #[cfg(target_os = "linux")]
    fn write(&self, file: &File, parts: &[&[u8]], mut offset: u64) -> io::Result<()> {
        let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        let mut left = &mut slices[..];
        IoSlice::advance_slices(&mut left, 0);
        while !left.is_empty() {
            let first = left.get(..MAX_PARTS).unwrap_or(left);
            match rustix::io::pwritev(file, first, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    IoSlice::advance_slices(&mut left, count);
                    offset += count as u64;
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    #[cfg(all(unix, not(target_os = "linux")))]
    fn write(&self, file: &File, parts: &[&[u8]], mut offset: u64) -> io::Result<()> {
        for part in parts {
            file.write_all_at(part, offset)?;
            offset += part.len() as u64;
        }
        Ok(())
    }

    #[cfg(not(unix))]
    fn write(&self, mut file: &File, parts: &[&[u8]], offset: u64) -> io::Result<()> {
        use std::io::{Seek as _, SeekFrom, Write as _};
        file.seek(SeekFrom::Start(offset))?;
        parts.iter().try_for_each(|part| file.write_all(part))
    }

    #[cfg(target_os = "linux")]
    fn reserve(&self, file: &File, offset: u64, length: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        match fallocate(file, FallocateFlags::KEEP_SIZE, offset, length) {
            // The file system cannot reserve space without writing to it.
            Err(Errno::OPNOTSUPP) => self.fill(file, offset, length),
            reserved => reserved.map_err(io::Error::from),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn reserve(&self, file: &File, offset: u64, length: u64) -> io::Result<()> {
        self.fill(file, offset, length)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}

impl Machine {
    /// Reserves space by writing zeros, which are not a valid record.
    fn fill(&self, file: &File, offset: u64, length: u64) -> io::Result<()> {
        static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
        let mut at = offset;
        while at < offset + length {
            let size = usize::try_from(offset + length - at).unwrap_or(usize::MAX).min(ZEROS.len());
            self.write(file, &[ZEROS.get(..size).unwrap_or_default()], at)?;
            at += size as u64;
        }
        Ok(())
    }
}

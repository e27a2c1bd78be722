/* Folders in memory. */
#include "faults/sweep/folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void die(const char *what) {
    perror(what);
    exit(2);
}

void *must(void *memory) {
    if (!memory)
        die("sweep");
    return memory;
}

kept_file file_read(const char *path) {
    kept_file file = {0};
    size_t room = 1 << 16, n = 0;
    FILE *in = fopen(path, "rb");
    if (!in)
        return file;
    file.bytes = must(malloc(room));
    while ((n = fread(file.bytes + file.size, 1, room - file.size - 1, in)) > 0) {
        file.size += n;
        if (file.size == room - 1)
            file.bytes = must(realloc(file.bytes, room *= 2));
    }
    file.bytes[file.size] = '\0';
    (void)fclose(in);
    return file;
}

void file_write(const char *path, const char *bytes, size_t size) {
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(bytes, 1, size, out) != size || fclose(out) != 0)
        die(path);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const kept_file *)a)->name, ((const kept_file *)b)->name);
}

folder folder_read(const char *path) {
    folder f = {0};
    DIR *directory = opendir(path);
    if (!directory)
        die(path);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char name[1024];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        f.file = must(realloc(f.file, (f.count + 1) * sizeof *f.file));
        f.file[f.count] = file_read(name);
        if (!f.file[f.count].bytes)
            die(name);
        f.file[f.count++].name = must(strdup(entry->d_name));
    }
    (void)closedir(directory);
    if (f.count)
        qsort(f.file, f.count, sizeof *f.file, by_name);
    return f;
}

void folder_free(folder *f) {
    for (size_t i = 0; i < f->count; i++) {
        free(f->file[i].name);
        free(f->file[i].bytes);
    }
    free(f->file);
    *f = (folder){0};
}

const kept_file *folder_find(const folder *f, const char *name) {
    const kept_file wanted = {.name = (char *)(size_t)name};
    return f->count ? bsearch(&wanted, f->file, f->count, sizeof *f->file, by_name) : NULL;
}

int file_same(const kept_file *a, const kept_file *b) {
    return a && b && a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

void folder_restore(const char *path, const folder *is, const folder *should) {
    char name[1024];
    for (size_t i = 0; i < is->count; i++)
        if (!folder_find(should, is->file[i].name)) {
            (void)snprintf(name, sizeof name, "%s/%s", path, is->file[i].name);
            if (unlink(name) != 0)
                die(name);
        }
    for (size_t i = 0; i < should->count; i++) {
        const kept_file *file = &should->file[i];
        (void)snprintf(name, sizeof name, "%s/%s", path, file->name);
        if (!file_same(folder_find(is, file->name), file))
            file_write(name, file->bytes, file->size);
    }
}

// avatars KIT FOLDER: draws a name, a look and an image through GanrtAvatars.cs; writes FOLDER/N.rgba.
using System;
using System.IO;
using System.Threading;

static class AvatarsTest
{
    static void Main(string[] given)
    {
        int ready = 0;
        using (var avatars = new GanrtAvatars(given[0], new GanrtAvatars.Options { Batch = 2, Backends = "openvino,builtin", OpenVino = "/nowhere.so" }))
        {
            Action<GanrtAvatars.Picture> write = picture => { throw new InvalidOperationException("cancelled"); };
            ulong never = avatars.RequestName("never", write, -1);
            Console.WriteLine(avatars.Cancel(never) + " " + avatars.Cancel(never));
            avatars.RequestName("player-8841", picture => Write(given[1], 0, picture, ref ready));
            avatars.RequestName("", picture => Write(given[1], 1, picture, ref ready));
            avatars.RequestImage(3, ulong.MaxValue, picture => Write(given[1], 2, picture, ref ready), 5);
            try
            {
                avatars.RequestLook("ganrt:nobody:0:1", write);
            }
            catch (GanrtAvatarsException error)
            {
                Console.WriteLine(error.Status + " " + error.Message);
            }
            for (int i = 0; i < 60000 && ready < 3; i++)
            {
                avatars.Poll(2000);
                Thread.Sleep(1);
            }
            Console.WriteLine(avatars.Backend + " " + avatars.Report.Trim().Replace('\n', ' '));
        }
        Console.WriteLine(ready);
        Console.WriteLine(Thrown(given[0]));
        Console.WriteLine(Closed(given[0]));
        Console.WriteLine(InAtlas(given[0], given[1]));
        try
        {
            new GanrtAvatars(given[0] + "/nowhere");
        }
        catch (GanrtAvatarsException error)
        {
            Console.WriteLine(error.Status + " " + error.Message);
        }
    }

    // Two cells are there, of which a third picture gets the one that comes back; writes the atlas.
    static string InAtlas(string kit, string folder)
    {
        var told = new System.Collections.Generic.List<string>();
        using (var avatars = new GanrtAvatars(kit, new GanrtAvatars.Options { AtlasWidth = 97, AtlasHeight = 48, AtlasGap = 1 }))
        {
            foreach (string name in new[] { "first", "second", "third", "player-8841" })
            {
                if (name == "player-8841")
                    told.Add(avatars.FreeCell(49, 0) + " " + avatars.FreeCell(49, 0));
                bool ready = false;
                avatars.RequestName(name, picture =>
                {
                    told.Add(picture.Status + ":" + picture.X + "," + picture.Y + (picture.Pixels == null ? "" : " bytes"));
                    ready = true;
                });
                for (int i = 0; i < 60000 && !ready; i++)
                {
                    avatars.Poll(2000);
                    Thread.Sleep(1);
                }
            }
            File.WriteAllBytes(Path.Combine(folder, "atlas.rgba"), avatars.Atlas);
        }
        return string.Join(" ", told);
    }

    // An exception of a callback comes out of Poll, and what was asked for after it is still delivered.
    static string Thrown(string kit)
    {
        int ready = 0;
        string message = "nothing";
        using (var avatars = new GanrtAvatars(kit))
        {
            avatars.RequestName("first", picture => { throw new InvalidOperationException("mine"); }, 1);
            avatars.RequestName("second", picture => ready++);
            for (int i = 0; i < 60000 && ready < 1; i++)
            {
                try
                {
                    avatars.Poll(2000);
                }
                catch (InvalidOperationException error)
                {
                    message = error.Message;
                }
                Thread.Sleep(1);
            }
        }
        return message + " " + ready;
    }

    // Calls after it was closed, from several threads, and closing it twice.
    static string Closed(string kit)
    {
        var avatars = new GanrtAvatars(kit);
        avatars.RequestName("never delivered", picture => { });
        avatars.Dispose();
        avatars.Dispose();
        int refused = 0;
        var calls = new Action[] { () => avatars.RequestName("a", picture => { }), () => avatars.Poll(1), () => avatars.Cancel(1), () => Console.WriteLine(avatars.Report) };
        var threads = new Thread[calls.Length];
        for (int i = 0; i < calls.Length; i++)
        {
            Action call = calls[i];
            threads[i] = new Thread(() =>
            {
                try
                {
                    call();
                }
                catch (ObjectDisposedException)
                {
                    Interlocked.Increment(ref refused);
                }
            });
            threads[i].Start();
        }
        foreach (Thread thread in threads)
            thread.Join();
        return "refused " + refused;
    }

    static void Write(string folder, int number, GanrtAvatars.Picture picture, ref int ready)
    {
        File.WriteAllBytes(Path.Combine(folder, number + ".rgba"), picture.Pixels);
        ready++;
    }
}

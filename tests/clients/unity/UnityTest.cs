// unity STREAMING_ASSETS FOLDER [ATLAS_SIDE]: the lobby of the package's sample, frame by frame; writes FOLDER/N.rgba, top row first.
using System;
using System.IO;
using System.Reflection;
using System.Threading;
using GanrtUnity;
using UnityEngine;
using UnityEngine.UI;

static class UnityTest
{
    static void Main(string[] given)
    {
        Application.streamingAssetsPath = given[0];
        Application.persistentDataPath = given[1];
        var kit = new GameObject("Avatars").AddComponent<AvatarKit>();
        kit.atlasSide = given.Length > 2 ? int.Parse(given[2]) : 0;
        kit.backends = "openvino, builtin";
        kit.openVino = "/nowhere.so";
        Lobby lobby = new GameObject("Lobby").AddComponent<Lobby>();
        var single = new GameObject("single", typeof(RawImage), typeof(AvatarImage));
        AvatarImage image = single.GetComponent<AvatarImage>();
        image.Player = "never";
        image.Player = "player-8841";
        for (int i = 0; i < 30000 && RawImage.Shown < lobby.players + 1 && Debug.Lines.Count == 0; i++)
            Frame();
        Console.WriteLine(Texture2D.Alive + " textures");
        if (Debug.Lines.Count > 0)
            Console.WriteLine(Debug.Lines[0]);
        else
        {
            Write(given[1], 0, image);
            Change(image, given[1]);
            Throw(kit, given[1]);
            Console.WriteLine(kit.Report.Trim().Replace('\n', ' '));
        }
        UnityEngine.Object.Destroy(AvatarKit.Shared.gameObject);
        Frame();
    }

    static void Change(AvatarImage image, string folder)
    {
        object before = Place(image.gameObject);
        image.Player = "Zoë";
        for (int i = 0; i < 30000 && Place(image.gameObject).Equals(before); i++)
            Frame();
        Write(folder, 1, image);
        Frame(); // the first one goes
        Console.WriteLine(Texture2D.Alive + " textures");
        image.Player = "gone before it comes";
        UnityEngine.Object.Destroy(image.gameObject);
        for (int i = 0; i < 100; i++)
            Frame();
        Console.WriteLine(Texture2D.Alive + " textures");
    }

    // The picture of a callback that throws is in its texture all the same.
    static void Throw(AvatarKit kit, string folder)
    {
        AvatarPicture late = null;
        kit.Request("late", (picture, problem) => { late = picture; throw new InvalidOperationException(); });
        try
        {
            for (int i = 0; i < 30000; i++)
                Frame();
        }
        catch (TargetInvocationException error) when (error.InnerException is InvalidOperationException)
        {
            Write(folder, 2, late.Texture, late.Uv);
        }
    }

    static object Place(GameObject of)
    {
        RawImage image = of.GetComponent<RawImage>();
        return new { image.texture, image.uvRect.x, image.uvRect.y };
    }

    static void Frame()
    {
        Scene.Frame();
        Thread.Sleep(1);
    }

    // As RawImage shows it: from the top, where v is highest unless the rectangle is turned.
    static void Write(string folder, int number, AvatarImage of)
    {
        RawImage image = of.GetComponent<RawImage>();
        Write(folder, number, (Texture2D)image.texture, image.uvRect);
    }

    static void Write(string folder, int number, Texture2D texture, Rect uv)
    {
        int left = Pixel(uv.x, texture.width), width = Pixel(uv.width, texture.width);
        int low = Pixel(uv.y, texture.height), height = Pixel(uv.height, texture.height);
        using (FileStream file = File.Create(Path.Combine(folder, number + ".rgba")))
            for (int i = 0; i < Math.Abs(height); i++)
                file.Write(texture.Raw, ((height > 0 ? low + height - 1 - i : low + height + i) * texture.width + left) * 4, 4 * width);
    }

    static int Pixel(float part, int side) { return (int)Math.Round(part * side); }
}
